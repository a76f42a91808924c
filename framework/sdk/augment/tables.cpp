#include <aviary/augment/tables.hpp>

#include <cmath>

namespace aviary {

Table brightness_contrast_table(double alpha, double beta) {
  const auto factor = static_cast<float>(alpha);
  const auto shift = static_cast<float>(255 * beta);
  return table_of([&](float v, std::size_t) { return v * factor + shift; });
}

Table shift_table(const std::array<double, 3>& by) {
  return table_of([&](float v, std::size_t channel) { return v + static_cast<float>(by[channel]); });
}

Table multiply_table(const std::array<double, 3>& by) {
  return table_of([&](float v, std::size_t channel) { return v * static_cast<float>(by[channel]); });
}

Table gamma_table(double gamma) {
  return table_of([&](float v, std::size_t) { return std::pow(static_cast<double>(v) * (1.0 / 255), gamma) * 255; });
}

Table posterize_table(int bits) {
  const int kept = 0xff & ~((1 << (8 - bits)) - 1);
  return table_of([&](float v, std::size_t) { return static_cast<int>(v) & kept; });
}

Table solarize_table(double threshold) {
  return table_of([&](float v, std::size_t) { return static_cast<double>(v) < threshold ? v : 255 - v; });
}

Table hsv_shift_table(double hue, double saturation, double value) {
  const std::array<double, 3> by = {0, saturation, value};
  Table table = table_of([&](float v, std::size_t channel) { return static_cast<double>(v) + by[channel]; });
  for (std::size_t v = 0; v < 256; ++v) {
    double turned = std::fmod(static_cast<double>(v) + hue, 180.0);
    if (turned < 0) turned += 180;
    table.values[0][v] = static_cast<std::uint8_t>(turned);
  }
  return table;
}

}  // namespace aviary
