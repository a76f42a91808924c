// New pictures made of old ones, which stay as they are. Pictures are RGB.
#pragma once

#include <aviary/api.hpp>
#include <aviary/augmentation.hpp>

namespace aviary {

/// Every value looked up; `to` may be `from`, or is made as large.
AVIARY_API void look_up(const Table& table, const Image& from, Image& to);

inline Image look_up(const Table& table, const Image& image) {
  Image result;
  look_up(table, image, result);
  return result;
}

/// Every value of hue, saturation and value looked up.
AVIARY_API Image look_up_hsv(const Table& table, const Image& image);

/// Each channel so that all of its values are about equally frequent, as cv::equalizeHist.
AVIARY_API Image equalize(const Image& image);

/// Each channel stretched to 0..255, as Pillow's autocontrast.
AVIARY_API Image stretch_contrast(const Image& image);

/// Hue by so many of 180 steps round the circle; saturation and value by so much of 255.
AVIARY_API Image shift_hsv(const Image& image, double hue, double saturation, double value);

/// Three equal channels: the luma of ITU-R BT.601.
AVIARY_API Image make_gray(const Image& image);

/// 0: gray, 1: as it is, more: more colorful.
AVIARY_API Image change_saturation(const Image& image, double factor);

/// 0: even gray as bright as the picture on average, 1: as it is.
AVIARY_API Image change_contrast(const Image& image, double factor);

/// 0: smoothed by a 3 x 3 mean whose middle counts five times, 1: as it is, more: sharper. As Pillow's Sharpness.
AVIARY_API Image change_sharpness(const Image& image, double factor);

}  // namespace aviary
