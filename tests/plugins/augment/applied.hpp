// An augmentation of the build folder, applied to pictures as the pipeline does it.
#pragma once

#include <memory>
#include <vector>

#include <aviary/augmentation.hpp>

#include "data/pipeline.hpp"
#include "plugins/made.hpp"

namespace aviary::test {

/// A folder of pictures, where it is on this machine.
constexpr const char* photographs = AVIARY_SOURCE_DIR "/../shared/data/birds525/test";

inline data::Pipeline pipeline_of(const std::string& name, const Settings& settings, std::int64_t image_size) {
  std::vector<std::unique_ptr<Augmentation>> augmentations;
  augmentations.push_back(made<Augmentation>(name, settings, {image_size}));
  return {std::move(augmentations), {}};
}

/// Every pixel differs: red is the column, green the row, blue 200.
inline Image picture(int width, int height) {
  Image image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(x + 1), static_cast<std::uint8_t>(y + 1), 200};
  return image;
}

inline bool equal(const Image& a, const Image& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

}  // namespace aviary::test
