#include "data/antialias.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>

namespace aviary::data {
namespace {

constexpr int fraction_bits = 22;  // 8 bits of a pixel and 2 to spare, of 32

/// The old pixels that make a new one.
struct Window {
  int begin;
  std::vector<std::int32_t> weights;  ///< fixed point, with a sum of about 1
};

std::vector<Window> windows(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double reach = std::max(scale, 1.0);
  std::vector<Window> all;
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(std::lround(center - reach)));
    const int end = std::min(from, static_cast<int>(std::lround(center + reach)));
    std::vector<double> weights;
    double sum = 0;
    for (int j = begin; j < end; ++j) sum += weights.emplace_back(std::max(0.0, 1 - std::abs((j + 0.5 - center) / reach)));
    Window& window = all.emplace_back(Window{begin, {}});
    for (const double weight : weights)
      window.weights.push_back(static_cast<std::int32_t>(std::lround(weight / sum * (1 << fraction_bits))));
  }
  return all;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp((sum + (1 << (fraction_bits - 1))) >> fraction_bits, 0, 255));
}

Image along_rows(const Image& image, int width) {
  const std::vector<Window> columns = windows(image.cols, width);
  Image result(image.rows, width, CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    std::uint8_t* to = result.ptr(y);
    for (const auto& [begin, weights] : columns) {
      const std::uint8_t* from = image.ptr(y, begin);
      std::int32_t red = 0;
      std::int32_t green = 0;
      std::int32_t blue = 0;
      for (const std::int32_t weight : weights) {
        red += weight * from[0];
        green += weight * from[1];
        blue += weight * from[2];
        from += 3;
      }
      *to++ = rounded(red);
      *to++ = rounded(green);
      *to++ = rounded(blue);
    }
  }
  return result;
}

Image along_columns(const Image& image, int height) {
  Image result(height, image.cols, CV_8UC3);
  std::vector<std::int32_t> sums(static_cast<std::size_t>(image.cols) * 3);
  std::uint8_t* to = result.data;
  for (const auto& [begin, weights] : windows(image.rows, height)) {
    std::ranges::fill(sums, 0);
    int y = begin;
    for (const std::int32_t weight : weights) {
      const std::uint8_t* from = image.ptr(y++);
      for (std::int32_t& sum : sums) sum += weight * *from++;
    }
    to = std::ranges::transform(sums, to, rounded).out;
  }
  return result;
}

}  // namespace

Image resize_antialiased(const Image& image, cv::Size size) {
  const Image rows = image.cols == size.width ? image : along_rows(image, size.width);
  return rows.rows == size.height ? rows : along_columns(rows, size.height);
}

}  // namespace aviary::data
