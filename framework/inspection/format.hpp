// How a folder stores its data, seen from what it holds. Called by `aviary data`, which needs no recipe to say so.
#pragma once

#include <filesystem>
#include <string>

namespace aviary::inspection {

/// "image_folder", "idx" or "csv", for data.format; a folder with train/ is an image folder whatever else it holds. Errors when
/// it is none of them.
std::string recognised_format(const std::filesystem::path& path);

}  // namespace aviary::inspection
