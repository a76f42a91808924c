// Tables of the usual color transforms: a new value for each old one. Results that are not whole are cut, as albumentations
// does it; all are clipped to 0..255.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <aviary/api.hpp>
#include <aviary/augmentation.hpp>

namespace aviary {

/// The table whose entries are function(value, channel), clipped and cut.
template <class Function>
Table table_of(const Function& function) {
  Table table;
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value)
      table.values[channel][value] = static_cast<std::uint8_t>(
          std::clamp<double>(static_cast<double>(function(static_cast<float>(value), channel)), 0, 255));
  return table;
}

/// alpha * v + 255 * beta, in single precision.
AVIARY_API Table brightness_contrast_table(double alpha, double beta);

/// v + by[channel]
AVIARY_API Table shift_table(const std::array<double, 3>& by);

/// v * by[channel]
AVIARY_API Table multiply_table(const std::array<double, 3>& by);

/// 255 * (v / 255) ^ gamma
AVIARY_API Table gamma_table(double gamma);

/// The `bits` highest bits of v, 0 to 8.
AVIARY_API Table posterize_table(int bits);

/// 255 - v from the threshold on.
AVIARY_API Table solarize_table(double threshold);

/// For hue, saturation and value: hue turned by so many of 180 steps round the circle; so much of 255 added to the others.
AVIARY_API Table hsv_shift_table(double hue, double saturation, double value);

}  // namespace aviary
