// Small pictures for pages, as data: URIs, so that a page needs no other file. From any thread.
#pragma once

#include <cstdint>
#include <string>

#include <aviary/image.hpp>

#include "data/dataset.hpp"

namespace aviary::results {

/// A JPEG at most `side` wide and high, in its own proportions; smaller pictures keep their size. `image` is RGB.
std::string thumbnail(const Image& image, int side);

/// Of a sample's picture as it lies in its file. Empty where that cannot be decoded.
std::string thumbnail(const data::Sample& sample, int side);

}  // namespace aviary::results
