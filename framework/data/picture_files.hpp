// Which files of a folder are pictures. Called when data is listed, and by prediction.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

namespace aviary::data {

inline constexpr std::array<std::string_view, 9> picture_suffixes = {".jpg", ".jpeg", ".png", ".bmp", ".webp",
                                                                     ".ppm", ".pgm",  ".tif", ".tiff"};

/// The entries of a folder, sorted, hidden ones left out. Errors when it cannot be read.
std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& folder);

/// Whether a file's name ends in one of them, in small or capital letters.
bool has_picture_suffix(const std::filesystem::path& file);

/// All pictures below a folder and its folders, sorted.
std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& folder);

}  // namespace aviary::data
