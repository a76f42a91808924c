// What changes a picture in place and depends on all of it. Pictures are RGB.
#pragma once

#include <aviary/api.hpp>
#include <aviary/augmentation.hpp>

namespace aviary {

/// Every value looked up; `to` may be `from`, or is made as large.
AVIARY_API void look_up(const Table& table, const Image& from, Image& to);
inline void look_up(const Table& table, Image& image) { look_up(table, image, image); }

/// Each channel so that all of its values are about equally frequent, as cv::equalizeHist.
AVIARY_API void equalize(Image& image);

/// Each channel stretched to 0..255, as Pillow's autocontrast.
AVIARY_API void stretch_contrast(Image& image);

/// Hue by so many of 180 steps round the circle; saturation and value by so much of 255.
AVIARY_API void shift_hsv(Image& image, double hue, double saturation, double value);

/// Three equal channels: the luma of ITU-R BT.601.
AVIARY_API void make_gray(Image& image);

/// 0: gray, 1: as it is, more: more colorful.
AVIARY_API void change_saturation(Image& image, double factor);

/// 0: even gray as bright as the picture on average, 1: as it is.
AVIARY_API void change_contrast(Image& image, double factor);

/// 0: smoothed by a 3 x 3 mean whose middle counts five times, 1: as it is, more: sharper. As Pillow's Sharpness.
AVIARY_API void change_sharpness(Image& image, double factor);

}  // namespace aviary
