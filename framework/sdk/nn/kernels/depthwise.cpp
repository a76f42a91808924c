#include "nn/kernels/depthwise.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/depthwise.cpp"
#include <hwy/foreach_target.h>

#include "nn/kernels/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {
namespace {

// So many neighbours of a result are computed at once: they share the weights.
constexpr std::ptrdiff_t tile = 4;

// The rows of a map that one row of a result sees, each as where its pixels lie, with zeros beside the map.
template <class T>
class Window {
 public:
  // Pixels left, left + 1, ... of maps of so many pixels.
  Window(const T* zeros, std::ptrdiff_t channels, std::ptrdiff_t width, std::ptrdiff_t left, std::ptrdiff_t columns)
      : zeros_(zeros), channels_(channels), width_(width), left_(left), columns_(columns) {
    thread_local std::vector<const T*> memory;
    memory.resize(static_cast<std::size_t>(depthwise_most_size * columns));
    pixels_ = memory.data();
  }

  void add_row(const T* values, std::ptrdiff_t number) {
    numbers_[rows_] = number;
    const T** const row = pixels_ + rows_++ * columns_;
    for (std::ptrdiff_t column = 0; column < columns_; ++column) {
      const std::ptrdiff_t place = left_ + column;
      row[column] = place >= 0 && place < width_ ? values + place * channels_ : zeros_;
    }
  }

  std::ptrdiff_t rows() const { return rows_; }
  std::ptrdiff_t number(std::ptrdiff_t row) const { return numbers_[row]; }
  const T* const* pixels(std::ptrdiff_t row) const { return pixels_ + row * columns_; }

 private:
  const T* zeros_;
  std::ptrdiff_t channels_;
  std::ptrdiff_t width_;
  std::ptrdiff_t left_;
  std::ptrdiff_t columns_;
  const T** pixels_;
  std::ptrdiff_t rows_ = 0;
  std::array<std::ptrdiff_t, depthwise_most_size> numbers_ = {};
};

// Tap t of pixel p lies in a window's column p pixel + t tap + origin, and its weights at t weight.
struct Steps {
  std::ptrdiff_t pixel;
  std::ptrdiff_t tap;
  std::ptrdiff_t origin;
  std::ptrdiff_t weight;
};

// The sums over all rows and taps of some channels, of one pixel or of a tile, whose pixels lie `apart` in the result. Two
// vectors of channels at once: a processor waits four cycles for a sum, and could begin two in each.
template <class One, class D, class Two, class T>
HWY_INLINE void sum_taps(One one, D d, std::size_t c, Two two, const Window<T>& window, const float* const* weights,
                         std::ptrdiff_t taps, const Steps& steps, std::ptrdiff_t pixel, std::ptrdiff_t apart, T* result) {
  const std::size_t next = two ? hn::Lanes(d) : 0;
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  auto next0 = sum0;
  auto next1 = sum0;
  auto next2 = sum0;
  auto next3 = sum0;
  for (std::ptrdiff_t row = 0; row < window.rows(); ++row) {
    const T* const* column = window.pixels(row) + pixel * steps.pixel + steps.origin;
    const float* of_tap = weights[row] + c;
    for (std::ptrdiff_t tap = 0; tap < taps; ++tap, column += steps.tap, of_tap += steps.weight) {
      const auto weight = load(d, of_tap);
      const auto next_weight = load(d, of_tap + next);
      const T* const from0 = column[0] + c;
      sum0 = hn::MulAdd(load(d, from0), weight, sum0);
      if constexpr (two) next0 = hn::MulAdd(load(d, from0 + next), next_weight, next0);
      if constexpr (!one) {
        const T* const from1 = column[steps.pixel] + c;
        const T* const from2 = column[2 * steps.pixel] + c;
        const T* const from3 = column[3 * steps.pixel] + c;
        sum1 = hn::MulAdd(load(d, from1), weight, sum1);
        sum2 = hn::MulAdd(load(d, from2), weight, sum2);
        sum3 = hn::MulAdd(load(d, from3), weight, sum3);
        if constexpr (two) {
          next1 = hn::MulAdd(load(d, from1 + next), next_weight, next1);
          next2 = hn::MulAdd(load(d, from2 + next), next_weight, next2);
          next3 = hn::MulAdd(load(d, from3 + next), next_weight, next3);
        }
      }
    }
  }
  T* const to = result + pixel * apart + c;
  store(sum0, d, to);
  if constexpr (two) store(next0, d, to + next);
  if constexpr (!one) {
    store(sum1, d, to + apart);
    store(sum2, d, to + 2 * apart);
    store(sum3, d, to + 3 * apart);
    if constexpr (two) {
      store(next1, d, to + apart + next);
      store(next2, d, to + 2 * apart + next);
      store(next3, d, to + 3 * apart + next);
    }
  }
}

// Calls visit(first, count) for blocks of channels, of 512 bytes: so short that what neighbours share stays in the first cache
// from one to the next, and so long that memory is read in order.
template <class T, class Visit>
void for_blocks(std::ptrdiff_t channels, const Visit& visit) {
  constexpr std::ptrdiff_t block = 512 / sizeof(T);
  for (std::ptrdiff_t first = 0; first < channels; first += block) visit(first, std::min(block, channels - first));
}

template <class T>
void sum_row(const Window<T>& window, const float* const* weights, std::ptrdiff_t taps, const Steps& steps,
             std::ptrdiff_t pixels, std::ptrdiff_t apart, std::ptrdiff_t channels, T* result) {
  for_blocks<T>(channels, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    const auto sum = [&](auto one, std::ptrdiff_t pixel) {
      for_channels(count, [&](auto d, std::size_t c, auto two) {
        sum_taps(one, d, first + c, two, window, weights, taps, steps, pixel, apart, result);
      });
    };
    if (pixels < tile)
      for (std::ptrdiff_t pixel = 0; pixel < pixels; ++pixel) sum(std::true_type(), pixel);
    else  // the last tile may overlap the one before it
      for (std::ptrdiff_t pixel = 0; pixel < pixels; pixel += tile) sum(std::false_type(), std::min(pixel, pixels - tile));
  });
}

// The rows of the map that row `row` of the output sees, under the numbers of their taps.
template <class T>
Window<T> seen(const DepthwiseShape& s, const T* in, const T* zeros, std::ptrdiff_t row) {
  const std::ptrdiff_t padding = s.size / 2;
  const std::ptrdiff_t top = row * s.stride - padding;
  Window<T> window(zeros, s.channels, s.width, -padding, (s.out_width - 1) * s.stride + s.size);
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, -top); i < std::min(s.size, s.height - top); ++i)
    window.add_row(in + (top + i) * s.width * s.channels, i);
  return window;
}

// Where the weights of a window's rows lie, from this tap on.
template <class T>
std::array<const float*, depthwise_most_size> weights_of(const DepthwiseShape& s, const Window<T>& window, const float* weight,
                                                         std::ptrdiff_t first_tap) {
  std::array<const float*, depthwise_most_size> weights = {};
  for (std::ptrdiff_t row = 0; row < window.rows(); ++row)
    weights[row] = weight + (window.number(row) * s.size + first_tap) * s.channels;
  return weights;
}

template <class T>
void forward(const DepthwiseShape& s, const T* in, const T* zeros, const float* weight, std::ptrdiff_t row, T* out) {
  const Window<T> window = seen(s, in, zeros, row);
  const Steps steps{.pixel = s.stride, .tap = 1, .origin = 0, .weight = s.channels};
  sum_row(window, weights_of(s, window, weight, 0).data(), s.size, steps, s.out_width, s.channels, s.channels,
          out + row * s.out_width * s.channels);
}

// A pixel of the input met the outputs that a row and a column of taps lead back to: every stride-th tap, from that which is
// congruent with its place on. Columns of the same remainder meet the same taps, and are neighbours here.
template <class T>
void input_gradient(const DepthwiseShape& s, const T* out_gradient, const T* zeros, const float* weight, std::ptrdiff_t row,
                    T* in_gradient) {
  const std::ptrdiff_t padding = s.size / 2;
  for (std::ptrdiff_t column = 0; column < std::min(s.stride, s.width); ++column) {
    const std::ptrdiff_t first_tap = (column + padding) % s.stride;
    const std::ptrdiff_t taps = (s.size - first_tap + s.stride - 1) / s.stride;
    const std::ptrdiff_t pixels = (s.width - column + s.stride - 1) / s.stride;
    const std::ptrdiff_t last_tap_at = (column + padding - first_tap) / s.stride - (taps - 1);
    Window<T> window(zeros, s.channels, s.out_width, last_tap_at, pixels - 1 + taps);
    for (std::ptrdiff_t i = (row + padding) % s.stride; i < s.size; i += s.stride) {
      const std::ptrdiff_t out_row = (row + padding - i) / s.stride;
      if (row + padding >= i && out_row < s.out_height) window.add_row(out_gradient + out_row * s.out_width * s.channels, i);
    }
    const Steps steps{.pixel = 1, .tap = -1, .origin = taps - 1, .weight = s.stride * s.channels};
    sum_row(window, weights_of(s, window, weight, first_tap).data(), taps, steps, pixels, s.stride * s.channels, s.channels,
            in_gradient + (row * s.width + column) * s.channels);
  }
}

// Adds gradient x value of one pixel or of a tile to each tap of a row.
template <class One, class D, class T>
HWY_INLINE void add_products(One one, D d, std::size_t c, const T* gradients, const T* const* columns, const DepthwiseShape& s,
                             float* sums) {
  const T* const gradient = gradients + c;
  const auto gradient0 = load(d, gradient);
  const auto gradient1 = one ? gradient0 : load(d, gradient + s.channels);
  const auto gradient2 = one ? gradient0 : load(d, gradient + 2 * s.channels);
  const auto gradient3 = one ? gradient0 : load(d, gradient + 3 * s.channels);
  for (std::ptrdiff_t tap = 0; tap < s.size; ++tap) {
    float* const sum = sums + tap * s.channels + c;
    const T* const* const column = columns + tap;
    auto total = hn::MulAdd(gradient0, load(d, column[0] + c), load(d, sum));
    if constexpr (!one) {
      total = hn::MulAdd(gradient1, load(d, column[s.stride] + c), total);
      total = hn::MulAdd(gradient2, load(d, column[2 * s.stride] + c), total);
      total = hn::MulAdd(gradient3, load(d, column[3 * s.stride] + c), total);
    }
    store(total, d, sum);
  }
}

template <class T>
void weight_gradient(const DepthwiseShape& s, const T* in, const T* zeros, const T* out_gradient, std::ptrdiff_t row,
                     float* sums) {
  const Window<T> window = seen(s, in, zeros, row);
  const T* const gradients = out_gradient + row * s.out_width * s.channels;
  for_blocks<T>(s.channels, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    const auto add = [&](auto one, std::ptrdiff_t pixel) {
      for (std::ptrdiff_t i = 0; i < window.rows(); ++i)
        for_channels(count, [&](auto d, std::size_t c) {
          add_products(one, d, first + c, gradients + pixel * s.channels, window.pixels(i) + pixel * s.stride, s,
                       sums + window.number(i) * s.size * s.channels);
        });
    };
    std::ptrdiff_t pixel = 0;
    for (; pixel + tile <= s.out_width; pixel += tile) add(std::false_type(), pixel);
    for (; pixel < s.out_width; ++pixel) add(std::true_type(), pixel);
  });
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
