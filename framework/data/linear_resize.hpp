// Bilinear resizing, for the pipeline, from many threads at once.
#pragma once

#include <opencv2/core/types.hpp>

#include <aviary/image.hpp>

namespace aviary::data {

/// As cv::resize does it with INTER_LINEAR, within one grey level. The result is the same on every processor.
Image resize_linear(const Image& image, cv::Size size);

}  // namespace aviary::data
