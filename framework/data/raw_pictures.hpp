// Pictures on their way to a device that augments them: what Pipeline::draft() leaves, in the form that a kernel reads.
#pragma once

#include <aviary/augment/device.hpp>
#include <aviary/image.hpp>

#include "data/pipeline.hpp"

namespace aviary::data {

/// Precondition: with its rest the picture has a height and width of `to.side`.
void append(RawPictures& to, const Image& image, const Rest& rest);

}  // namespace aviary::data
