#include "data/sources.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::data {

std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  try {
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (!entry.path().filename().native().starts_with('.')) entries.push_back(entry.path());
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(fmt::format("cannot read the folder {}: {}; check data.path and the folder's permissions", folder.native(),
                            error.code().message()));
  }
  std::ranges::sort(entries);
  return entries;
}

std::optional<std::string_view> part_called(std::string_view name) {
  if (name == "train" || name == "test") return name == "train" ? "train" : "test";
  if (name == "valid" || name == "validation" || name == "val") return "validation";
  return std::nullopt;
}

Split& split_of(Collection& collection, std::string_view part) {
  if (part == "train") return collection.train;
  return part == "test" ? collection.test : collection.validation;
}

}  // namespace aviary::data
