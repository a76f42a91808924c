// One pixel of an augmented picture, from the 8-bit picture to the normalised numbers: colors, sampling, colors, normalisation.
// A GPU's kernel calls it for every pixel; tests call it on the host, and compare with what data/ and OpenCV do to whole
// pictures on the CPU. It computes as they do, step by step and with their rounding, so that the results are the same: where
// steps follow that pull values apart, such as posterize, one grey level more would become many. To be compiled without
// contraction of products and sums (nvcc: --fmad=false).
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define AVIARY_HOST_DEVICE __host__ __device__
#else
#define AVIARY_HOST_DEVICE
#endif

namespace aviary::fused {

/// resized: as data/linear_resize.hpp; linear: as data/interpolation.hpp; nearest: as cv::warpAffine.
enum class Sampling : std::int32_t { nearest, linear, resized };

/// With OpenCV's numbers.
enum class Outside : std::int32_t { constant = 0, replicate = 1, reflect = 2, wrap = 3, reflect_101 = 4 };

enum class Color : std::int32_t { table, hsv_table, saturation };

struct Step {
  Color kind;
  std::int32_t table;  ///< its number
  /// OpenCV's HSV2RGB takes so many pixels of a row at once, and cuts the results; of the last ones, which are fewer, it rounds
  /// them.
  std::int32_t at_once;
  float factor;  ///< of saturation, and what is left of 1
  float rest;
};

struct Picture {
  std::int64_t first_byte;  ///< of its pixels, which lie row by row without gaps
  std::int32_t columns;
  std::int32_t rows;
  Sampling sampling;
  double to_source[6];  ///< linear, nearest: as Warp's
  std::int32_t left;    ///< resized: this part of the picture
  std::int32_t top;
  std::int32_t width;
  std::int32_t height;
  Outside outside;
  std::uint8_t color[3];  ///< outside, where it is constant
  std::int32_t before;    ///< number of the first step on the picture's own pixels
  std::int32_t after;     ///< of the first one after sampling
  std::int32_t end;       ///< of the one after the last
};

/// Of pictures that become as large.
struct Batch {
  const std::uint8_t* pixels;
  const Picture* pictures;
  const Step* steps;
  const std::uint8_t* tables;  ///< 3 x 256 bytes each
  std::int32_t side;           ///< height and width that they get
  float mean[3];
  float std[3];
};

struct Rgb {
  std::uint8_t values[3];
};

/// What a row or column is interpolated from, and the share of the next one, in 1 / 2^15.
struct Source {
  std::int32_t first;
  std::int32_t next;
  std::int32_t share;
};

AVIARY_HOST_DEVICE inline std::uint8_t clipped(float whole) {
  return static_cast<std::uint8_t>(whole < 0 ? 0.F : whole > 255 ? 255.F : whole);
}

/// As OpenCV's RGB2HSV.
AVIARY_HOST_DEVICE inline Rgb to_hsv(Rgb pixel) {
  const int red = pixel.values[0];
  const int green = pixel.values[1];
  const int blue = pixel.values[2];
  const int larger = red > green ? red : green;
  const int value = larger > blue ? larger : blue;
  const int smaller = red < green ? red : green;
  const int range = value - (smaller < blue ? smaller : blue);
  const int by_value = value == 0 ? 0 : static_cast<int>(rintf(255 * 4096.F / static_cast<float>(value)));
  const int by_range = range == 0 ? 0 : static_cast<int>(rintf(30 * 4096.F / static_cast<float>(range)));
  const int turn = value == red ? green - blue : value == green ? blue - red + 2 * range : red - green + 4 * range;
  const int hue = (turn * by_range + 2048) >> 12;
  return {{static_cast<std::uint8_t>(hue < 0 ? hue + 180 : hue), static_cast<std::uint8_t>((range * by_value + 2048) >> 12),
           static_cast<std::uint8_t>(value)}};
}

/// As OpenCV's HSV2RGB.
AVIARY_HOST_DEVICE inline Rgb from_hsv(Rgb pixel, bool rounds) {
  const float turn = static_cast<float>(pixel.values[0]) * (6.F / 180);
  const float saturation = static_cast<float>(pixel.values[1]) * (1.F / 255);
  const float value = static_cast<float>(pixel.values[2]) * (1.F / 255);
  const int sector = static_cast<int>(turn);
  const float within = turn - static_cast<float>(sector);
  const float low = value * (1 - saturation);
  const float falling = value * fmaf(-saturation, within, 1.F);
  const float rising = value * fmaf(-saturation, 1 - within, 1.F);
  const auto byte = [rounds](float share) {
    const float level = share * 255;
    return clipped(rounds ? rintf(level) : truncf(level));
  };
  switch (sector % 6) {
    case 0: return {{byte(value), byte(rising), byte(low)}};
    case 1: return {{byte(falling), byte(value), byte(low)}};
    case 2: return {{byte(low), byte(value), byte(rising)}};
    case 3: return {{byte(low), byte(falling), byte(value)}};
    case 4: return {{byte(rising), byte(low), byte(value)}};
    default: return {{byte(value), byte(low), byte(falling)}};
  }
}

AVIARY_HOST_DEVICE inline Rgb found(const std::uint8_t* table, Rgb pixel) {
  return {{table[pixel.values[0]], table[256 + pixel.values[1]], table[512 + pixel.values[2]]}};
}

/// As cv::addWeighted of the pixel and its gray.
AVIARY_HOST_DEVICE inline Rgb saturated(const Step& step, Rgb pixel) {
  const int gray = (pixel.values[0] * 9798 + pixel.values[1] * 19235 + pixel.values[2] * 3735 + (1 << 14)) >> 15;
  const float base = static_cast<float>(gray) * step.rest;
  Rgb result;
  for (int channel = 0; channel < 3; ++channel)
    result.values[channel] = clipped(rintf(fmaf(static_cast<float>(pixel.values[channel]), step.factor, base)));
  return result;
}

/// Steps [begin, end) on a pixel in this column of a picture with so many.
AVIARY_HOST_DEVICE inline Rgb changed(const Batch& batch, std::int32_t begin, std::int32_t end, Rgb pixel, int column,
                                      int columns) {
  for (std::int32_t number = begin; number < end; ++number) {
    const Step& step = batch.steps[number];
    const std::uint8_t* const table = batch.tables + std::int64_t{768} * step.table;
    switch (step.kind) {
      case Color::table: pixel = found(table, pixel); break;
      case Color::hsv_table: pixel = from_hsv(found(table, to_hsv(pixel)), column >= columns - columns % step.at_once); break;
      case Color::saturation: pixel = saturated(step, pixel); break;
    }
  }
  return pixel;
}

/// A pixel of the picture after the steps before sampling, or the color around it.
AVIARY_HOST_DEVICE inline Rgb source_pixel(const Batch& batch, const Picture& picture, int column, int row) {
  if (column < 0 || column >= picture.columns || row < 0 || row >= picture.rows)
    return {{picture.color[0], picture.color[1], picture.color[2]}};
  const std::int64_t number = static_cast<std::int64_t>(row) * picture.columns + column;
  const std::uint8_t* const bytes = batch.pixels + picture.first_byte + 3 * number;
  return changed(batch, picture.before, picture.after, {{bytes[0], bytes[1], bytes[2]}}, column, picture.columns);
}

/// As cv::borderInterpolate; -1 for the color outside.
AVIARY_HOST_DEVICE inline int whole_place(int at, int length, Outside outside) {
  if (at >= 0 && at < length) return at;
  if (outside == Outside::constant) return -1;
  if (outside == Outside::replicate || (length == 1 && outside == Outside::reflect_101)) return at < 0 ? 0 : length - 1;
  const int period = outside == Outside::wrap ? length : outside == Outside::reflect ? 2 * length : 2 * length - 2;
  const int within = at % period + (at % period < 0 ? period : 0);
  if (within < length) return within;
  return outside == Outside::reflect ? period - 1 - within : period - within;
}

constexpr std::int64_t one = std::int64_t{1} << 32;  // a coordinate has 32 bits after the point

/// The place of a coordinate before the picture's last pixel; after it where the picture comes again and again.
AVIARY_HOST_DEVICE inline std::int64_t place(std::int64_t at, int length, Outside outside) {
  const std::int64_t last = (length - 1) * one;
  if (at >= 0 && at < last) return at;
  if (length == 1 && outside != Outside::wrap) return 0;
  const std::int64_t close = last - 1;
  if (outside == Outside::replicate) return at < 0 ? 0 : close;
  const std::int64_t period = outside == Outside::reflect_101 ? last : last + one;
  const std::int64_t number = at / period - (at % period < 0 ? 1 : 0);
  const std::int64_t within = at - number * period;
  if (outside == Outside::wrap) return within;
  const bool mirrored = number % 2 != 0;
  if (within >= last) return mirrored ? 0 : close;  // BORDER_REFLECT repeats the outermost pixel
  return mirrored ? close - within : within;
}

/// Of linear sampling: shares have 7 bits across and 15 down.
AVIARY_HOST_DEVICE inline Source linear_source(std::int64_t at, int length, Outside outside, bool across) {
  const int frame = outside == Outside::constant ? 1 : 0;  // of the color
  const std::int64_t found = place(at + frame * one, length + 2 * frame, frame == 1 ? Outside::replicate : outside);
  const auto first = static_cast<std::int32_t>(found >> 32);
  const std::int64_t part = found & (one - 1);
  const std::int64_t share = across ? (part + (one >> 8)) >> 25 << 8 : part >> 17;
  const std::int32_t next = first + 1 == length + 2 * frame ? 0 : first + 1;
  return {first - frame, next - frame, static_cast<std::int32_t>(share)};
}

/// Of resizing a part of the picture.
AVIARY_HOST_DEVICE inline Source resized_source(int number, int begin, int length, int side) {
  const double scale = static_cast<double>(length) / side;
  const double place = (number + 0.5) * scale - 0.5;
  const double last = length - 1;
  const double at = place < 0 ? 0 : place > last ? last : place;
  const int before_last = length > 1 ? length - 2 : 0;
  const int first = static_cast<int>(at) < before_last ? static_cast<int>(at) : before_last;
  const auto share = static_cast<std::int32_t>(lround((at - first) * 32768));
  return {begin + first, begin + (length > 1 ? first + 1 : first), share < 32767 ? share : 32767};
}

/// Values have 7 bits after the point.
AVIARY_HOST_DEVICE inline int between(int first, int second, int share) {
  return first + (((((second - first) * share) >> 14) + 1) >> 1);
}

AVIARY_HOST_DEVICE inline Rgb interpolated(const Batch& batch, const Picture& picture, Source column, Source row) {
  const Rgb above = source_pixel(batch, picture, column.first, row.first);
  const Rgb above_next = source_pixel(batch, picture, column.next, row.first);
  const Rgb below = source_pixel(batch, picture, column.first, row.next);
  const Rgb below_next = source_pixel(batch, picture, column.next, row.next);
  Rgb result;
  for (int channel = 0; channel < 3; ++channel) {
    const int upper = between(above.values[channel] << 7, above_next.values[channel] << 7, column.share);
    const int lower = between(below.values[channel] << 7, below_next.values[channel] << 7, column.share);
    result.values[channel] = static_cast<std::uint8_t>((between(upper, lower, row.share) + 64) >> 7);
  }
  return result;
}

AVIARY_HOST_DEVICE inline Rgb sampled(const Batch& batch, const Picture& picture, int x, int y) {
  const double* const m = picture.to_source;
  if (picture.sampling == Sampling::resized)
    return interpolated(batch, picture, resized_source(x, picture.left, picture.width, batch.side),
                        resized_source(y, picture.top, picture.height, batch.side));
  if (picture.sampling == Sampling::nearest) {
    const auto fixed = [](double number) { return static_cast<std::int64_t>(llrint(number * 1024)); };
    const auto column = static_cast<int>((fixed(m[0] * x) + fixed(m[1] * y + m[2]) + 512) >> 10);
    const auto row = static_cast<int>((fixed(m[3] * x) + fixed(m[4] * y + m[5]) + 512) >> 10);
    return source_pixel(batch, picture, whole_place(column, picture.columns, picture.outside),
                        whole_place(row, picture.rows, picture.outside));
  }
  const auto fixed = [](double number) { return static_cast<std::int64_t>(llround(number * static_cast<double>(one))); };
  const std::int64_t column = fixed(m[1] * y + m[2]) + x * fixed(m[0]);
  const std::int64_t row = fixed(m[4] * y + m[5]) + x * fixed(m[3]);
  return interpolated(batch, picture, linear_source(column, picture.columns, picture.outside, true),
                      linear_source(row, picture.rows, picture.outside, false));
}

/// Pixel (x, y) of what becomes of a picture: three numbers.
AVIARY_HOST_DEVICE inline void pixel(const Batch& batch, const Picture& picture, int x, int y, float* numbers) {
  const Rgb result = changed(batch, picture.after, picture.end, sampled(batch, picture, x, y), x, batch.side);
  for (int channel = 0; channel < 3; ++channel)
    numbers[channel] = (static_cast<float>(result.values[channel]) / 255 - batch.mean[channel]) / batch.std[channel];
}

}  // namespace aviary::fused
