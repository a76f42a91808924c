// Bilinear resizing as Pillow does it, which is also torchvision's for Pillow's pictures: networks that were trained elsewhere
// expect it. Called through Preparation, from many threads at once.
#pragma once

#include <opencv2/core/types.hpp>

#include <aviary/image.hpp>

namespace aviary::data {

/// Every new pixel is the mean of the old ones under a triangle, which is as wide as two new pixels, or as two old ones where
/// the picture grows. First along the rows, then along the columns, with 8 bits in between.
Image resize_antialiased(const Image& image, cv::Size size);

}  // namespace aviary::data
