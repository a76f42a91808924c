// Bilinear interpolation between the pixels of a picture, along straight lines through it. Shares have 7 bits across and 15
// down, where OpenCV's have 5; the result is the same on every processor.
#pragma once

#include <cstdint>

#include <aviary/augmentation.hpp>
#include <aviary/image.hpp>

namespace aviary::data {

/// A coordinate in pixels: 32 bits before the point and 32 after.
using Fixed = std::int64_t;
constexpr int point = 32;

struct Place {
  Fixed x;
  Fixed y;
};

class Interpolation {
 public:
  /// Keeps the picture's pixels.
  Interpolation(const Image& image, const Border& border);

  /// Writes the pixels at first, first + step, ... one after the other.
  void line(Place first, Place step, int count, std::uint8_t* out) const;

 private:
  void line_within(Place place, Place step, int count, std::uint8_t* out) const;
  void line_with_care(Place place, Place step, int count, std::uint8_t* out) const;

  Image image_;
  int border_;
  int columns_;
  int rows_;
  Fixed origin_ = 0;  // of the picture, in image_, both ways
};

}  // namespace aviary::data
