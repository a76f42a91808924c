#include "nn/kernels/depthwise.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/depthwise.cpp"
#include <hwy/foreach_target.h>

#include "nn/kernels/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {
namespace {

// So many neighbours of a result are computed at once: they share the weights.
constexpr std::ptrdiff_t tile = 4;

// Where the values of a tile lie: `columns` of each row, and zeros beside the map.
template <class T>
struct Window {
  const T* zeros;
  std::ptrdiff_t channels;
  std::ptrdiff_t width;  // of the map
  std::ptrdiff_t rows = 0;
  std::array<const T*, depthwise_most_size> first = {};        // of each row
  std::array<const float*, depthwise_most_size> weights = {};  // of each row's first tap
  std::array<std::array<const T*, depthwise_most_columns>, depthwise_most_size> at = {};

  void add_row(const T* values, const float* of_row) {
    first[rows] = values;
    weights[rows++] = of_row;
  }

  void move_to(std::ptrdiff_t left, std::ptrdiff_t columns) {
    for (std::ptrdiff_t column = 0; column < columns; ++column) {
      const std::ptrdiff_t place = left + column;
      const bool inside = place >= 0 && place < width;
      for (std::ptrdiff_t row = 0; row < rows; ++row) at[row][column] = inside ? first[row] + place * channels : zeros;
    }
  }
};

// In columns of a window: those of pixel p and tap t lie at p pixel + t tap + origin.
struct Steps {
  std::ptrdiff_t pixel;
  std::ptrdiff_t tap;
  std::ptrdiff_t origin;
};

// The sum over all rows and taps, of one pixel or of a tile, whose pixels lie `apart` in the result.
template <bool one, class T>
void sum_taps(const Window<T>& window, std::ptrdiff_t taps, std::ptrdiff_t weight_step, const Steps& steps,
              std::ptrdiff_t apart, T* result) {
  for_channels(window.channels, [&](auto d, std::size_t c) {
    auto sum0 = hn::Zero(d);
    auto sum1 = sum0;
    auto sum2 = sum0;
    auto sum3 = sum0;
    for (std::ptrdiff_t row = 0; row < window.rows; ++row) {
      const T* const* column = window.at[row].data() + steps.origin;
      const float* weights = window.weights[row] + c;
      for (std::ptrdiff_t tap = 0; tap < taps; ++tap, column += steps.tap, weights += weight_step) {
        const auto weight = load(d, weights);
        sum0 = hn::MulAdd(load(d, column[0] + c), weight, sum0);
        if constexpr (!one) {
          sum1 = hn::MulAdd(load(d, column[steps.pixel] + c), weight, sum1);
          sum2 = hn::MulAdd(load(d, column[2 * steps.pixel] + c), weight, sum2);
          sum3 = hn::MulAdd(load(d, column[3 * steps.pixel] + c), weight, sum3);
        }
      }
    }
    store(sum0, d, result + c);
    if constexpr (!one) {
      store(sum1, d, result + apart + c);
      store(sum2, d, result + 2 * apart + c);
      store(sum3, d, result + 3 * apart + c);
    }
  });
}

// Calls visit(pixel, count) for tiles that cover 0..pixels; the last may overlap the one before it.
template <class Visit>
HWY_INLINE void for_tiles(std::ptrdiff_t pixels, const Visit& visit) {
  if (pixels < tile)
    for (std::ptrdiff_t pixel = 0; pixel < pixels; ++pixel) visit(pixel, std::true_type());
  else
    for (std::ptrdiff_t pixel = 0; pixel < pixels; pixel += tile) visit(std::min(pixel, pixels - tile), std::false_type());
}

// The rows of the map that row `row` of the output sees.
template <class Visit>
HWY_INLINE void for_seen_rows(const DepthwiseShape& s, std::ptrdiff_t row, const Visit& visit) {
  const std::ptrdiff_t top = row * s.stride - s.size / 2;
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, -top); i < std::min(s.size, s.height - top); ++i) visit(i, top + i);
}

template <class T>
void forward(const DepthwiseShape& s, const T* in, const T* zeros, const float* weight, std::ptrdiff_t row, T* out) {
  Window<T> window{.zeros = zeros, .channels = s.channels, .width = s.width};
  for_seen_rows(s, row, [&](std::ptrdiff_t tap, std::ptrdiff_t in_row) {
    window.add_row(in + in_row * s.width * s.channels, weight + tap * s.size * s.channels);
  });
  T* const result = out + row * s.out_width * s.channels;
  for_tiles(s.out_width, [&](std::ptrdiff_t pixel, auto one) {
    window.move_to(pixel * s.stride - s.size / 2, one ? s.size : (tile - 1) * s.stride + s.size);
    sum_taps<one>(window, s.size, s.channels, {s.stride, 1, 0}, s.channels, result + pixel * s.channels);
  });
}

// A pixel of the input met the outputs that a row and a column of taps lead back to: every stride-th tap, from that which is
// congruent with its place on. Columns of the same remainder meet the same taps, and are neighbours here.
template <class T>
void input_gradient(const DepthwiseShape& s, const T* out_gradient, const T* zeros, const float* weight, std::ptrdiff_t row,
                    T* in_gradient) {
  const std::ptrdiff_t padding = s.size / 2;
  T* const result = in_gradient + row * s.width * s.channels;
  for (std::ptrdiff_t column = 0; column < std::min(s.stride, s.width); ++column) {
    const std::ptrdiff_t first_tap = (column + padding) % s.stride;
    const std::ptrdiff_t taps = (s.size - first_tap + s.stride - 1) / s.stride;
    Window<T> window{.zeros = zeros, .channels = s.channels, .width = s.out_width};
    for (std::ptrdiff_t i = (row + padding) % s.stride; i < s.size; i += s.stride) {
      const std::ptrdiff_t out_row = (row + padding - i) / s.stride;
      if (row + padding >= i && out_row < s.out_height)
        window.add_row(out_gradient + out_row * s.out_width * s.channels, weight + (i * s.size + first_tap) * s.channels);
    }
    const std::ptrdiff_t last_tap_at = (column + padding - first_tap) / s.stride - (taps - 1);
    for_tiles((s.width - column + s.stride - 1) / s.stride, [&](std::ptrdiff_t pixel, auto one) {
      window.move_to(last_tap_at + pixel, one ? taps : tile - 1 + taps);
      sum_taps<one>(window, taps, s.stride * s.channels, {1, -1, taps - 1}, s.stride * s.channels,
                    result + (column + pixel * s.stride) * s.channels);
    });
  }
}

// Adds gradient x value of one pixel or of a tile to each tap of a row.
template <bool one, class T>
void add_products(const T* gradients, const T* const* columns, std::ptrdiff_t pixel_step, std::ptrdiff_t taps,
                  std::ptrdiff_t channels, float* sums) {
  for_channels(channels, [&](auto d, std::size_t c) {
    const T* const gradient = gradients + c;
    const auto gradient0 = load(d, gradient);
    const auto gradient1 = one ? gradient0 : load(d, gradient + channels);
    const auto gradient2 = one ? gradient0 : load(d, gradient + 2 * channels);
    const auto gradient3 = one ? gradient0 : load(d, gradient + 3 * channels);
    for (std::ptrdiff_t tap = 0; tap < taps; ++tap) {
      float* const sum = sums + tap * channels + c;
      const T* const* const column = columns + tap;
      auto total = hn::MulAdd(gradient0, load(d, column[0] + c), load(d, sum));
      if constexpr (!one) {
        total = hn::MulAdd(gradient1, load(d, column[pixel_step] + c), total);
        total = hn::MulAdd(gradient2, load(d, column[2 * pixel_step] + c), total);
        total = hn::MulAdd(gradient3, load(d, column[3 * pixel_step] + c), total);
      }
      store(total, d, sum);
    }
  });
}

template <class T>
void weight_gradient(const DepthwiseShape& s, const T* in, const T* zeros, const T* out_gradient, std::ptrdiff_t row,
                     float* sums) {
  Window<T> window{.zeros = zeros, .channels = s.channels, .width = s.width};
  std::array<float*, depthwise_most_size> row_sums = {};
  for_seen_rows(s, row, [&](std::ptrdiff_t tap, std::ptrdiff_t in_row) {
    row_sums[window.rows] = sums + tap * s.size * s.channels;
    window.add_row(in + in_row * s.width * s.channels, nullptr);
  });
  const T* const gradients = out_gradient + row * s.out_width * s.channels;
  const auto add = [&](std::ptrdiff_t pixel, auto one) {
    window.move_to(pixel * s.stride - s.size / 2, one ? s.size : (tile - 1) * s.stride + s.size);
    for (std::ptrdiff_t i = 0; i < window.rows; ++i)
      add_products<one>(gradients + pixel * s.channels, window.at[i].data(), s.stride, s.size, s.channels, row_sums[i]);
  };
  std::ptrdiff_t pixel = 0;
  for (; pixel + tile <= s.out_width; pixel += tile) add(pixel, std::false_type());
  for (; pixel < s.out_width; ++pixel) add(pixel, std::true_type());
}

template <class T>
constexpr Depthwise<T> table{&forward<T>, &input_gradient<T>, &weight_gradient<T>};

const Depthwise<float>* float_table() { return &table<float>; }
const Depthwise<std::uint16_t>* bfloat_table() { return &table<std::uint16_t>; }

}  // namespace
}  // namespace aviary::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace aviary::nn::kernels {

HWY_EXPORT(float_table);
HWY_EXPORT(bfloat_table);

template <>
const Depthwise<float>& depthwise() {
  return *HWY_DYNAMIC_DISPATCH(float_table)();
}

template <>
const Depthwise<std::uint16_t>& depthwise() {
  return *HWY_DYNAMIC_DISPATCH(bfloat_table)();
}

}  // namespace aviary::nn::kernels
#endif
