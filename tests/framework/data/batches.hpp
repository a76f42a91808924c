// Splits in memory, and all that a loader makes of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "data/loader.hpp"
#include "framework/data/augmentations.hpp"

namespace aviary::data {

/// Pictures in memory, each with its number as its shade.
inline Split in_memory(int count, const std::string& name = "train") {
  Split split{name, {}};
  for (int i = 0; i < count; ++i)
    split.samples.push_back({fmt::format("{}/{}", name, i), i % 3, {}, cv::Mat(4, 4, CV_8UC1, cv::Scalar(i % 256))});
  return split;
}

inline std::vector<Batch> rest(Loader& loader) {
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

inline std::vector<std::size_t> order(const std::vector<Batch>& batches) {
  std::vector<std::size_t> samples;
  for (const Batch& batch : batches) samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
  return samples;
}

/// Adds a random number to every pixel.
inline Pipeline random_brightness() {
  return pipeline({[](cv::Size, Rng& rng) {
    const int by = static_cast<int>(rng.integer(0, 100));
    return Pixels([by](const Image& image) { return Image(image + cv::Scalar::all(by)); });
  }});
}

}  // namespace aviary::data
