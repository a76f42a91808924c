// A folder of its own for each test, and small pictures and files in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>

#include <aviary/error.hpp>

#include "data/preparation.hpp"
#include "recipe/sections.hpp"

namespace aviary::data {

/// Pictures of 4 pixels a side, their values as they are.
inline const Preparation small{4, "area", {}, {1, 1, 1}};

class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ =
        std::filesystem::temp_directory_path() / ("aviary-data-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path() const { return path_.native(); }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  std::filesystem::path write(std::string_view name, std::string_view bytes) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

  /// Lossless for every suffix but .jpg and .webp.
  std::filesystem::path write(std::string_view name, const cv::Mat& pixels) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    EXPECT_TRUE(cv::imwrite(file.native(), pixels));
    return file;
  }

  /// A small picture in one shade of gray.
  std::filesystem::path picture(std::string_view name, int shade = 0) const {
    return write(name, cv::Mat(4, 4, CV_8UC3, cv::Scalar::all(shade)));
  }

 private:
  std::filesystem::path path_;
};

inline recipe::Data settings(const std::string& format, const std::string& path) {
  recipe::Data data;
  data.format = format;
  data.path = path;
  data.image_size = 4;
  return data;
}

/// The message of the aviary::Error that `action` throws; empty when it throws none.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace aviary::data
