// Bilinear interpolation between the pixels of a picture, along straight lines through it. Shares have 7 bits across and 15
// down, where OpenCV's have 5; the result is the same on every processor.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

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
  void line(Place first, Place step, int count, std::uint8_t* out);

 private:
  /// Where the pixels at a coordinate and at the one after it are found, one of which may be a mirror's image: a pixel within
  /// the picture that has another one after it, and how a share of the second becomes a share of that one.
  struct Found {
    int at = std::numeric_limits<int>::min();
    int pixel = 0;
    int factor = 1;
    int offset = 0;
  };

  /// Coordinates come again and again, and cv::borderInterpolate() is slow.
  struct Axis {
    int length;
    std::array<Found, 1024> known;
  };

  const Found& find(int at, Axis& axis) const;
  Found look(int at, int length) const;
  void line_outside(Place place, Place step, int count, std::uint8_t* out);

  Image image_;
  int border_;
  Fixed origin_ = 0;  // of the picture, in image_, both ways
  Axis columns_;
  Axis rows_;
};

}  // namespace aviary::data
