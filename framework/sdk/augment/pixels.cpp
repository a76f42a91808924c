#include <aviary/augment/pixels.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <opencv2/core.hpp>

#include <aviary/augment/simd.hpp>
#include <aviary/augment/tables.hpp>

namespace aviary {
namespace {

using Histogram = std::array<int, 256>;

constexpr int band = 32;  // rows of a picture that stay in the cache

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

Image blend(const Image& image, const Image& other, double factor) {
  Image result;
  cv::addWeighted(image, factor, other, 1 - factor, 0, result);
  return result;
}

Image gray_of(const Image& image) {
  Image gray;
  cv::cvtColor(image, gray, cv::COLOR_RGB2GRAY);
  return gray;
}

#ifdef __x86_64__
// 64 values in the four parts of a table.
[[gnu::target("avx512vbmi,avx512bw")]] __m512i found_wide(const __m512i* parts, __m512i values) {
  const __m512i low = _mm512_permutex2var_epi8(parts[0], values, parts[1]);
  const __m512i high = _mm512_permutex2var_epi8(parts[2], values, parts[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(values), low, high);
}

// 64 values at a time. Where the channels' tables differ, all three are asked, and of each answer its
// channel is taken.
[[gnu::target("avx512vbmi,avx512bw")]] std::size_t look_up_wide(const Table& table, const std::uint8_t* from,
                                                                std::size_t length, std::uint8_t* to) {
  __m512i parts[3][4];
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t part = 0; part < 4; ++part) parts[channel][part] = _mm512_loadu_si512(&table.values[channel][64 * part]);
  const bool alike = table.values[0] == table.values[1] && table.values[1] == table.values[2];
  constexpr std::uint64_t every_third = 0x9249249249249249;  // bits 0, 3, ..., 63
  std::size_t done = 0;
  for (std::size_t phase = 0; done + 64 <= length; done += 64, phase = (phase + 1) % 3) {  // 64 is 1 more than 21 pixels
    const __m512i values = _mm512_loadu_si512(from + done);
    __m512i result = found_wide(parts[0], values);
    if (!alike) {
      result = _mm512_mask_blend_epi8(every_third << ((4 - phase) % 3), result, found_wide(parts[1], values));
      result = _mm512_mask_blend_epi8(every_third << ((5 - phase) % 3), result, found_wide(parts[2], values));
    }
    _mm512_storeu_si512(to + done, result);
  }
  return done;
}

// 16 pixels at a time, all but the last few, with 16 bytes more that are read and written anew. Exact as cv::cvtColor, whose
// weights these are, in 15 bits.
[[gnu::target("avx512vbmi,avx512bw")]] std::size_t gray_wide(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {
  constexpr int at_once = 16;
  alignas(64) std::uint8_t red_green[64] = {};  // the values of each pixel, as words
  alignas(64) std::uint8_t blue[64] = {};
  alignas(64) std::uint8_t three_times[64] = {};
  for (std::size_t i = 0; i < at_once; ++i) {
    red_green[4 * i] = static_cast<std::uint8_t>(3 * i);
    red_green[4 * i + 2] = static_cast<std::uint8_t>(3 * i + 1);
    blue[4 * i] = static_cast<std::uint8_t>(3 * i + 2);
    for (std::size_t channel = 0; channel < 3; ++channel) three_times[3 * i + channel] = static_cast<std::uint8_t>(4 * i);
  }
  constexpr __mmask64 every_other = 0x5555555555555555;
  constexpr __mmask64 every_fourth = 0x1111111111111111;
  const __m512i weights = _mm512_set1_epi32(19235 << 16 | 9798);
  const __m512i blue_weight = _mm512_set1_epi32(3735);
  const __m512i half = _mm512_set1_epi32(1 << 14);
  std::size_t done = 0;
  for (; 3 * done + 64 <= 3 * count; done += at_once) {
    const __m512i pixels = _mm512_loadu_si512(from + 3 * done);
    const __m512i first = _mm512_maskz_permutexvar_epi8(every_other, _mm512_load_si512(red_green), pixels);
    const __m512i second = _mm512_maskz_permutexvar_epi8(every_fourth, _mm512_load_si512(blue), pixels);
    const __m512i sum = _mm512_add_epi32(_mm512_madd_epi16(first, weights), _mm512_madd_epi16(second, blue_weight));
    const __m512i gray = _mm512_srli_epi32(_mm512_add_epi32(sum, half), 15);
    _mm512_storeu_si512(to + 3 * done, _mm512_permutexvar_epi8(_mm512_load_si512(three_times), gray));
  }
  return done;
}
#endif

void look_up_row(const Table& table, const std::uint8_t* from, std::size_t length, std::uint8_t* to) {
  std::size_t done = 0;
#ifdef __x86_64__
  if (has_avx512_vbmi()) done = look_up_wide(table, from, length, to);
#endif
  for (std::size_t channel = done % 3; done < length; ++done, channel = channel == 2 ? 0 : channel + 1)
    to[done] = table.values[channel][from[done]];
}

// change(from, pixels, to) for every row, or for all of them as one.
template <class Change>
void change_rows(const Image& from, Image& to, const Change& change) {
  to.create(from.size(), from.type());
  const bool one_row = from.isContinuous() && to.isContinuous();
  const int rows = one_row ? 1 : from.rows;
  const std::size_t pixels = one_row ? from.total() : static_cast<std::size_t>(from.cols);
  for (int y = 0; y < rows; ++y) change(from.ptr(y), pixels, to.ptr(y));
}

void gray_row(const std::uint8_t* from, std::size_t pixels, std::uint8_t* to) {
  std::size_t done = 0;
#ifdef __x86_64__
  if (has_avx512_vbmi()) done = gray_wide(from, pixels, to);
#endif
  for (; done < pixels; ++done) {
    const int sum = 9798 * from[3 * done] + 19235 * from[3 * done + 1] + 3735 * from[3 * done + 2];
    std::fill_n(to + 3 * done, 3, static_cast<std::uint8_t>((sum + (1 << 14)) >> 15));
  }
}

}  // namespace

void look_up(const Table& table, const Image& from, Image& to) {
  change_rows(from, to, [&](const std::uint8_t* row, std::size_t pixels, std::uint8_t* out) {
    look_up_row(table, row, 3 * pixels, out);
  });
}

Image equalize(const Image& image) {
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
  return look_up(table, image);
}

Image stretch_contrast(const Image& image) {
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
  return look_up(
      table_of([&](float v, std::size_t channel) { return (static_cast<double>(v) - low[channel]) * scale[channel]; }), image);
}

Image look_up_hsv(const Table& table, const Image& image) {
  // In bands, which stay in the cache from one step to the next.
  Image result(image.size(), image.type());
  Image hsv;
  for (int y = 0; y < image.rows; y += band) {
    const cv::Range rows(y, std::min(y + band, image.rows));
    cv::cvtColor(image.rowRange(rows), hsv, cv::COLOR_RGB2HSV);
    look_up(table, hsv, hsv);
    Image part = result.rowRange(rows);
    cv::cvtColor(hsv, part, cv::COLOR_HSV2RGB);
  }
  return result;
}

Image shift_hsv(const Image& image, double hue, double saturation, double value) {
  return look_up_hsv(hsv_shift_table(hue, saturation, value), image);
}

Image make_gray(const Image& image) {
  Image result;
  change_rows(image, result, gray_row);
  return result;
}

Image change_saturation(const Image& image, double factor) {
  Image gray;
  cv::cvtColor(gray_of(image), gray, cv::COLOR_GRAY2RGB);
  return blend(image, gray, factor);
}

Image change_contrast(const Image& image, double factor) {
  const double mean = cv::mean(gray_of(image))[0];
  return look_up(table_of([&](float v, std::size_t) { return static_cast<double>(v) * factor + mean * (1 - factor); }), image);
}

Image change_sharpness(const Image& image, double factor) {
  const cv::Matx33f kernel(1 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F, 5 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F, 1 / 13.F);
  Image smooth;
  cv::filter2D(image, smooth, -1, kernel, {-1, -1}, 0, cv::BORDER_REPLICATE);
  return blend(image, smooth, factor);
}

}  // namespace aviary
