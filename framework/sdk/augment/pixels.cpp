#include <aviary/augment/pixels.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>

#include <aviary/augment/tables.hpp>

namespace aviary {
namespace {

using Histogram = std::array<int, 256>;

std::array<Histogram, 3> histograms(const Image& image) {
  // Two counts for each channel: neighbours are often equal, and would wait for each other.
  std::array<std::array<Histogram, 3>, 2> counts{};
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* pixel = image.ptr(y);
    for (int x = 0; x < image.cols; ++x, pixel += 3)
      for (std::size_t channel = 0; channel < 3; ++channel) ++counts[static_cast<std::size_t>(x & 1)][channel][pixel[channel]];
  }
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value) counts[0][channel][value] += counts[1][channel][value];
  return counts[0];
}

void blend(Image& image, const Image& other, double factor) { cv::addWeighted(image, factor, other, 1 - factor, 0, image); }

Image gray_of(const Image& image) {
  Image gray;
  cv::cvtColor(image, gray, cv::COLOR_RGB2GRAY);
  return gray;
}

}  // namespace

void look_up(const Table& table, Image& image) {
  const auto& [red, green, blue] = table.values;
  for (int y = 0; y < image.rows; ++y) {
    std::uint8_t* pixel = image.ptr(y);
    std::uint8_t* const end = pixel + std::size_t{3} * static_cast<std::size_t>(image.cols);
    for (; pixel != end; pixel += 3) {
      pixel[0] = red[pixel[0]];
      pixel[1] = green[pixel[1]];
      pixel[2] = blue[pixel[2]];
    }
  }
}

void equalize(Image& image) {
  const auto total = static_cast<int>(image.total());
  Table table = table_of([](float v, std::size_t) { return v; });
  const auto counts = histograms(image);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const Histogram& count = counts[channel];
    std::size_t lowest = 0;
    while (lowest < 255 && count[lowest] == 0) ++lowest;
    auto& values = table.values[channel];
    if (count[lowest] == total) continue;  // one value alone stays
    const float scale = 255.F / static_cast<float>(total - count[lowest]);
    int sum = 0;
    values[lowest] = 0;
    for (std::size_t value = lowest + 1; value < 256; ++value) {
      sum += count[value];
      values[value] = cv::saturate_cast<std::uint8_t>(static_cast<float>(sum) * scale);
    }
  }
  look_up(table, image);
}

void stretch_contrast(Image& image) {
  const auto counts = histograms(image);
  std::array<double, 3> low{};
  std::array<double, 3> scale{};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    std::size_t first = 0;
    std::size_t last = 255;
    while (first < 255 && counts[channel][first] == 0) ++first;
    while (last > 0 && counts[channel][last] == 0) --last;
    low[channel] = first < last ? static_cast<double>(first) : 0;
    scale[channel] = first < last ? 255.0 / static_cast<double>(last - first) : 1;
  }
  look_up(table_of([&](float v, std::size_t channel) { return (static_cast<double>(v) - low[channel]) * scale[channel]; }),
          image);
}

void shift_hsv(Image& image, double hue, double saturation, double value) {
  const std::array<double, 3> by = {0, saturation, value};
  Table table = table_of([&](float v, std::size_t channel) { return static_cast<double>(v) + by[channel]; });
  for (std::size_t v = 0; v < 256; ++v) {
    double turned = std::fmod(static_cast<double>(v) + hue, 180.0);
    if (turned < 0) turned += 180;
    table.values[0][v] = static_cast<std::uint8_t>(turned);
  }
  cv::cvtColor(image, image, cv::COLOR_RGB2HSV);
  look_up(table, image);
  cv::cvtColor(image, image, cv::COLOR_HSV2RGB);
}

void change_saturation(Image& image, double factor) {
  Image gray;
  cv::cvtColor(gray_of(image), gray, cv::COLOR_GRAY2RGB);
  blend(image, gray, factor);
}

void change_contrast(Image& image, double factor) {
  const double mean = cv::mean(gray_of(image))[0];
  look_up(table_of([&](float v, std::size_t) { return static_cast<double>(v) * factor + mean * (1 - factor); }), image);
}

void change_sharpness(Image& image, double factor) {
  const cv::Matx33f kernel(1 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F, 5 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F);
  Image smooth;
  cv::filter2D(image, smooth, -1, kernel, {-1, -1}, 0, cv::BORDER_REPLICATE);
  blend(image, smooth, factor);
}

}  // namespace aviary
