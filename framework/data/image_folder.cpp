#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "data/picture_files.hpp"
#include "data/sources.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;  // a link that leads nowhere or in a circle is no folder
  return fs::is_directory(path, ignored);
}

std::map<std::string_view, fs::path> part_folders(const fs::path& root) {
  std::map<std::string_view, fs::path> parts;
  std::vector<std::string> names;
  for (const fs::path& entry : visible_entries(root)) {
    names.push_back(entry.filename().native());
    const auto part = part_called(names.back());
    if (!part || !is_folder(entry)) continue;
    const auto [other, added] = parts.try_emplace(*part, entry);
    if (!added)
      throw Error(fmt::format("{} holds both {}/ and {}/; expected one folder with the {} part: rename or remove the other",
                              root.native(), other->second.filename().native(), names.back(), *part));
  }
  if (parts.contains("train")) return parts;
  constexpr std::size_t shown = 5;
  const std::size_t more = names.size() - std::min(names.size(), shown);
  names.resize(names.size() - more);
  throw Error(
      fmt::format("{} has no folder train/; expected train/ (and valid/, test/) with a folder per class; found {}{}; point "
                  "data.path at the folder that holds train/",
                  root.native(), names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", ")),
                  more > 0 ? fmt::format(" and {} more", more) : ""));
}

void list_class(const fs::path& folder, const fs::path& root, std::int64_t label, Split& split) {
  for (const fs::path& file : visible_entries(folder)) {
    // Links that lead nowhere stay, so that the user hears of them when they are decoded.
    if (has_picture_suffix(file) && !is_folder(file))
      split.samples.push_back({file.lexically_relative(root).native(), label, file, {}});
  }
}

}  // namespace

Collection list_image_folder(const recipe::Data& settings) {
  const fs::path root = settings.path;
  Collection collection;
  const auto parts = part_folders(root);
  for (const auto& [part, folder] : parts)
    for (const fs::path& entry : visible_entries(folder)) {
      const std::string name = entry.filename().native();
      if (!is_folder(entry) || fold_spaces(name).empty()) continue;
      list_class(entry, root, collection.class_number(name), split_of(collection, part));
    }
  if (collection.train.samples.empty())
    throw Error(fmt::format("{} holds no pictures; expected a folder per class with files that end in {}; check data.path",
                            parts.at("train").native(), fmt::join(picture_suffixes, ", ")));
  return collection;
}

Split list_class_folders(const fs::path& folder, const std::vector<std::string>& classes) {
  Split split{folder.native(), {}};
  for (const fs::path& entry : visible_entries(folder)) {
    const std::string name = fold_spaces(entry.filename().native());
    if (!is_folder(entry) || name.empty()) continue;
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end())
      throw Error(fmt::format("{} is no class of the model; expected a folder per class, called {} ...", entry.native(),
                              fmt::join(std::span(classes).first(std::min<std::size_t>(3, classes.size())), ", ")),
                  Fault::usage);
    list_class(entry, folder, found - classes.begin(), split);
  }
  if (split.samples.empty())
    throw Error(fmt::format("{} holds no pictures; expected a folder per class with files that end in {}", folder.native(),
                            fmt::join(picture_suffixes, ", ")),
                Fault::usage);
  return split;
}

}  // namespace aviary::data
