// Pictures with something on them, for what compares pictures; and a data set of them, inspected.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "framework/data/pictures.hpp"
#include "inspection/duplicates.hpp"

namespace aviary::inspection {

/// Blurred blots of color, others for each number.
inline cv::Mat scene(std::uint64_t number, int width = 120, int height = 90) {
  cv::RNG random(number + 1);
  cv::Mat blots(9, 12, CV_8UC3);
  random.fill(blots, cv::RNG::UNIFORM, 0, 256);
  cv::Mat picture;
  cv::resize(blots, picture, {width, height}, 0, 0, cv::INTER_CUBIC);
  return picture;
}

inline cv::Mat mirrored(const cv::Mat& picture) {
  cv::Mat turned;
  cv::flip(picture, turned, 1);
  return turned;
}

inline const std::atomic<bool> never = false;
inline const Watch unwatched{never, [](auto...) {}};

/// A data set on disk, opened and inspected with two threads.
struct Inspected {
  explicit Inspected(const data::Folder& folder, std::int64_t image_size = 4)
      : dataset(data::open_dataset(data::settings("image_folder", folder.path()), 0)),
        survey(inspection::survey(dataset, {image_size, "area", {}, {1, 1, 1}}, 2, unwatched).value()),
        duplicates(find_duplicates(survey, 2, unwatched).value()) {}
  Inspected(const Inspected&) = delete;
  Inspected& operator=(const Inspected&) = delete;

  data::Dataset dataset;
  Survey survey;
  Duplicates duplicates;
};

}  // namespace aviary::inspection
