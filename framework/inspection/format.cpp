#include "inspection/format.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "data/picture_files.hpp"

namespace aviary::inspection {

namespace fs = std::filesystem;

std::string recognised_format(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(fmt::format("{} does not exist; expected a folder of pictures, or Kaggle's .csv file", path.native()));
  if (error) throw Error(fmt::format("cannot read {}: {}", path.native(), error.message()));
  if (!fs::is_directory(status)) return "csv";
  if (fs::is_directory(path / "train", error)) return "image_folder";
  for (const char* const name : {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"})
    if (fs::exists(path / name, error)) return "idx";
  const auto is_table = [](const fs::path& entry) { return entry.extension() == ".csv" || entry.extension() == ".CSV"; };
  if (std::ranges::any_of(data::visible_entries(path), is_table)) return "csv";
  throw Error(
      fmt::format("{} is no data set; expected a folder that holds train/ with a folder per class, Kaggle's .csv file, or "
                  "train-images-idx3-ubyte",
                  path.native()));
}

}  // namespace aviary::inspection
