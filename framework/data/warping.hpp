// Carries out a warp: moves pixels, resizes, or interpolates, whichever is least. Called by the pipeline, from many threads.
#pragma once

#include <aviary/augmentation.hpp>
#include <aviary/image.hpp>

namespace aviary::data {

/// The part of a picture of this size that a warp does nothing to but resize it, as cv::resize aligns the two; empty if it does
/// more.
cv::Rect resized_part(const Warp& warp, cv::Size size);

/// Whether the result still shares the picture's pixels, as a crop does.
bool warp_pixels(const Warp& warp, Image& image);

}  // namespace aviary::data
