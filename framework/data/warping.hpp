// Carries out a warp: moves pixels, resizes, or interpolates, whichever is least. Called by the pipeline, from many threads.
#pragma once

#include <aviary/augmentation.hpp>
#include <aviary/image.hpp>

namespace aviary::data {

/// Whether the result still shares the picture's pixels, as a crop does.
bool warp_pixels(const Warp& warp, Image& image);

}  // namespace aviary::data
