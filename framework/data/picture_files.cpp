#include "data/picture_files.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>

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

bool has_picture_suffix(const std::filesystem::path& file) {
  std::string suffix = file.extension().native();
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::find(picture_suffixes, suffix) != picture_suffixes.end();
}

std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> pictures;
  for (const std::filesystem::path& entry : visible_entries(folder)) {
    if (std::filesystem::is_directory(entry))
      std::ranges::copy(pictures_below(entry), std::back_inserter(pictures));
    else if (has_picture_suffix(entry))
      pictures.push_back(entry);
  }
  return pictures;
}

}  // namespace aviary::data
