#include "nn/kernels/depthwise.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/depthwise.cpp"
#include <hwy/foreach_target.h>

#include "nn/kernels/dispatch.hpp"
#include "nn/kernels/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {
namespace {

// Sizes and strides are constants where they are usual ones, and vectors whole: neighbours then share what they load. Else
// std::ptrdiff_t.
template <std::ptrdiff_t number>
using Constant = std::integral_constant<std::ptrdiff_t, number>;
template <class Number>
constexpr bool is_constant = !std::is_same_v<Number, std::ptrdiff_t>;

template <class D, class Visit>
HWY_INLINE void with_constants(D, std::ptrdiff_t size, std::ptrdiff_t stride, const Visit& visit) {
  if constexpr (std::is_same_v<D, hn::ScalableTag<float>>) {
    if (size == 3 && stride == 1) return visit(Constant<3>(), Constant<1>());
    if (size == 5 && stride == 1) return visit(Constant<5>(), Constant<1>());
    if (size == 7 && stride == 1) return visit(Constant<7>(), Constant<1>());
    if (size == 3 && stride == 2) return visit(Constant<3>(), Constant<2>());
    if (size == 5 && stride == 2) return visit(Constant<5>(), Constant<2>());
  }
  visit(size, stride);
}

// The rows of a map that a row of a result sees, each as where its pixels lie, with zeros beside the map.
template <class T>
class Window {
 public:
  // From row `first` of the map on; pixels left, left + 1, ... of each.
  Window(const T* map, std::ptrdiff_t first, std::ptrdiff_t rows, std::ptrdiff_t left, std::ptrdiff_t columns,
         std::ptrdiff_t width, std::ptrdiff_t channels, const T* zeros)
      : rows_(rows), columns_(columns) {
    thread_local std::vector<const T*> memory;
    memory.resize(static_cast<std::size_t>(rows * columns));
    pixels_ = memory.data();
    const T** pixel = memory.data();
    for (std::ptrdiff_t row = first; row < first + rows; ++row)
      for (std::ptrdiff_t place = left; place < left + columns; ++place)
        *pixel++ = place >= 0 && place < width ? map + (row * width + place) * channels : zeros;
  }

  std::ptrdiff_t rows() const { return rows_; }
  const T* const* row(std::ptrdiff_t number) const { return pixels_ + number * columns_; }

 private:
  std::ptrdiff_t rows_;
  std::ptrdiff_t columns_;
  const T* const* pixels_;
};

// The weights that the first row of a window meets, from its first tap on, and where others lie.
struct Weights {
  const float* first;
  std::ptrdiff_t to_row;
  std::ptrdiff_t to_tap;
};

// Calls visit with so many vectors of zeros: those whose length a compiler does not know make no arrays.
template <std::size_t count, class D, class Visit, class... Zeros>
HWY_INLINE void with_zeros(D d, const Visit& visit, Zeros... zeros) {
  if constexpr (sizeof...(zeros) == count)
    visit(zeros...);
  else
    with_zeros<count>(d, visit, zeros..., hn::Zero(d));
}

// Of sums there are one or two per pixel or tap, as many as `parts` of its channels are summed at once: sum k is of pixel or
// tap k / parts. Adds to each the product of its pixel, `apart` from the one before, and the factor.
template <std::size_t parts, class D, class T, class F, class... V, std::size_t... k>
HWY_INLINE void add_products(D d, std::size_t c, const T* const* pixels, std::ptrdiff_t apart, const F* factor,
                             std::index_sequence<k...>, V&... sums) {
  ((sums = hn::MulAdd(load_part<parts, k % parts>(d, pixels[static_cast<std::ptrdiff_t>(k / parts) * apart] + c),
                      load_part<parts, k % parts>(d, factor + c), sums)),
   ...);
}

// Adds the product of a column's pixel and the weight of tap `tap`, if there is one.
template <std::size_t parts, std::size_t part, std::ptrdiff_t tap, std::ptrdiff_t taps, class D, class T, class V>
HWY_INLINE void add_product(D d, const T* pixel, const float* weight, std::ptrdiff_t to_tap, V& sum) {
  if constexpr (tap >= 0 && tap < taps)
    sum = hn::MulAdd(load_part<parts, part>(d, pixel), load_part<parts, part>(d, weight + tap * to_tap), sum);
}

// Adds what the columns give to the sums of the pixels that see them, column by column: each is loaded once.
template <std::size_t parts, std::ptrdiff_t taps, std::ptrdiff_t step, std::ptrdiff_t column = 0, class D, class T, class... V,
          std::size_t... k>
HWY_INLINE void add_columns(D d, std::size_t c, const T* const* columns, const float* weight, std::ptrdiff_t to_tap,
                            std::index_sequence<k...> each, V&... sums) {
  (add_product<parts, k % parts, column - static_cast<std::ptrdiff_t>(k / parts) * step, taps>(d, columns[column] + c,
                                                                                               weight + c, to_tap, sums),
   ...);
  if constexpr (column + 1 < static_cast<std::ptrdiff_t>(sizeof...(k) / parts - 1) * step + taps)
    add_columns<parts, taps, step, column + 1>(d, c, columns, weight, to_tap, each, sums...);
}

template <class D, class T, class V, class... Vs>
HWY_INLINE void store_pixels(std::false_type two, D d, T* to, std::ptrdiff_t apart, V first, Vs... rest) {
  store(first, d, to);
  if constexpr (sizeof...(rest) > 0) store_pixels(two, d, to + apart, apart, rest...);
}

template <class D, class T, class V, class... Vs>
HWY_INLINE void store_pixels(std::true_type two, D d, T* to, std::ptrdiff_t apart, V first, V second, Vs... rest) {
  store_parts(first, second, d, to);
  if constexpr (sizeof...(rest) > 0) store_pixels(two, d, to + apart, apart, rest...);
}

// The sums over all rows and taps of some channels, of so many neighbours from `pixel` on, which lie `apart` in the result. Tap
// t of pixel p lies in a window's column p step + t.
template <std::ptrdiff_t pixels, class D, class Two, class T, class Taps, class Step>
HWY_INLINE void sum_taps(D d, std::size_t c, Two two, const Window<T>& window, const Weights& weights, Taps taps, Step step,
                         std::ptrdiff_t pixel, std::ptrdiff_t apart, T* result) {
  constexpr std::size_t parts = two ? 2 : 1;
  for (std::ptrdiff_t row = std::max<std::ptrdiff_t>(0, window.rows() - step); row < window.rows(); ++row)
    for (std::ptrdiff_t column = pixel * step; column <= (pixel + pixels - 1) * step; ++column)
      prefetch(window.row(row)[column] + c);  // the other rows were seen before
  with_zeros<pixels * parts>(d, [&](auto... sums) {
    constexpr std::make_index_sequence<pixels * parts> each;
    const float* weight = weights.first;
    for (std::ptrdiff_t row = 0; row < window.rows(); ++row, weight += weights.to_row) {
      const T* const* const columns = window.row(row) + pixel * step;
      if constexpr (is_constant<Taps>)
        add_columns<parts, Taps::value, Step::value>(d, c, columns, weight, weights.to_tap, each, sums...);
      else
        for (std::ptrdiff_t tap = 0; tap < taps; ++tap)
          add_products<parts>(d, c, columns + tap, step, weight + tap * weights.to_tap, each, sums...);
    }
    store_pixels(two, d, result + pixel * apart + c, apart, sums...);
  });
}

// Calls visit(first, count) for blocks of channels, of 512 bytes: so short that what neighbours share stays in the first cache
// from one to the next, and so long that memory is read in order.
template <class T, class Visit>
void for_blocks(std::ptrdiff_t channels, const Visit& visit) {
  constexpr std::ptrdiff_t block = 512 / sizeof(T);
  for (std::ptrdiff_t first = 0; first < channels; first += block) visit(first, std::min(block, channels - first));
}

template <class T>
void sum_row(const Window<T>& window, const Weights& weights, std::ptrdiff_t size, std::ptrdiff_t stride,
             std::ptrdiff_t channels, std::ptrdiff_t pixels, std::ptrdiff_t apart, T* result) {
  for_blocks<T>(channels, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    std::ptrdiff_t pixel = 0;
    const auto sum = [&](auto tile) {  // the last may overlap the one before it
      const std::ptrdiff_t from = std::min(pixel, pixels - tile);
      for_channels(count, [&](auto d, std::size_t c, auto two) {
        with_constants(d, size, stride, [&](auto taps, auto step) {
          sum_taps<tile>(d, first + c, two, window, weights, taps, step, from, apart, result);
        });
      });
      return pixel + tile;
    };
    // Seven of two parts are as many sums as 16 registers hold.
    while (pixel < pixels)
      pixel = pixels >= 7 && pixels - pixel > 4 ? sum(Constant<7>()) : pixels >= 4 ? sum(Constant<4>()) : sum(Constant<1>());
  });
}

// The rows of taps that meet the map for row `row` of the output.
struct Rows {
  std::ptrdiff_t first;
  std::ptrdiff_t count;
};

Rows rows_of_taps(const DepthwiseShape& s, std::ptrdiff_t row) {
  const std::ptrdiff_t top = row * s.stride - s.size / 2;
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, -top);
  return {first, std::min(s.size, s.height - top) - first};
}

template <class T>
Window<T> seen(const DepthwiseShape& s, const T* in, const T* zeros, std::ptrdiff_t row, Rows taps) {
  const std::ptrdiff_t padding = s.size / 2;
  return Window<T>(in, row * s.stride - padding + taps.first, taps.count, -padding, (s.out_width - 1) * s.stride + s.size,
                   s.width, s.channels, zeros);
}

template <class T>
void forward(const DepthwiseShape& s, const T* in, const T* zeros, const float* weight, std::ptrdiff_t row, T* out) {
  const Rows taps = rows_of_taps(s, row);
  const Weights weights{weight + taps.first * s.size * s.channels, s.size * s.channels, s.channels};
  sum_row(seen(s, in, zeros, row, taps), weights, s.size, s.stride, s.channels, s.out_width, s.channels,
          out + row * s.out_width * s.channels);
}

// A pixel of the input met the outputs that a row and a column of taps lead back to: every stride-th tap, from the last that is
// congruent with its place down. Columns of the same remainder meet the same taps, and are neighbours here.
template <class T>
void input_gradient(const DepthwiseShape& s, const T* out_gradient, const T* zeros, const float* weight, std::ptrdiff_t row,
                    T* in_gradient) {
  const std::ptrdiff_t padding = s.size / 2;
  const std::ptrdiff_t first_row = std::max<std::ptrdiff_t>(0, (row + padding - s.size + s.stride) / s.stride);
  const std::ptrdiff_t rows = std::min((row + padding) / s.stride, s.out_height - 1) - first_row + 1;
  const std::ptrdiff_t tap_row = row + padding - first_row * s.stride;
  for (std::ptrdiff_t column = 0; column < std::min(s.stride, s.width); ++column) {
    const std::ptrdiff_t first_tap = (column + padding) % s.stride;
    const std::ptrdiff_t taps = (s.size - first_tap + s.stride - 1) / s.stride;
    const std::ptrdiff_t pixels = (s.width - column + s.stride - 1) / s.stride;
    const std::ptrdiff_t last_tap = first_tap + (taps - 1) * s.stride;
    const Window<T> window(out_gradient, first_row, rows, (column + padding - last_tap) / s.stride, pixels - 1 + taps,
                           s.out_width, s.channels, zeros);
    const Weights weights{weight + (tap_row * s.size + last_tap) * s.channels, -s.stride * s.size * s.channels,
                          -s.stride * s.channels};
    sum_row(window, weights, taps, 1, s.channels, pixels, s.stride * s.channels,
            in_gradient + (row * s.width + column) * s.channels);
  }
}

template <std::size_t parts, class D, std::size_t... k, class... V>
HWY_INLINE void add_to(D d, float* to, std::ptrdiff_t apart, std::index_sequence<k...>, V... sums) {
  const auto add = [&](auto sum, float* at) { store(hn::Add(load(d, at), sum), d, at); };
  (add(sums, to + static_cast<std::ptrdiff_t>(k / parts) * apart + (k % parts) * hn::Lanes(d)), ...);
}

// The sums of a row of taps stay in registers over all pixels of the row.
template <class T>
void weight_gradient(const DepthwiseShape& s, const T* in, const T* zeros, const T* out_gradient, std::ptrdiff_t row,
                     float* totals) {
  const Rows rows = rows_of_taps(s, row);
  const Window<T> window = seen(s, in, zeros, row, rows);
  const T* const gradients = out_gradient + row * s.out_width * s.channels;
  const std::ptrdiff_t next_rows = s.stride * s.width * s.channels;
  for_channels(s.channels, [&](auto d, std::size_t c, auto two) {
    with_constants(d, s.size, s.stride, [&](auto size, auto stride) {
      const auto taps = [&] {
        if constexpr (is_constant<decltype(size)>)
          return size;
        else
          return Constant<1>();
      }();
      constexpr std::size_t parts = two ? 2 : 1;
      constexpr std::make_index_sequence<taps * parts> each;
      for (std::ptrdiff_t i = 0; i < window.rows(); ++i)
        for (std::ptrdiff_t tap = 0; tap < s.size; tap += taps)
          with_zeros<taps * parts>(d, [&](auto... sums) {
            const auto add = [&](std::ptrdiff_t pixel) __attribute__((always_inline)) {
              const T* const* const columns = window.row(i) + pixel * stride;
              const T* const gradient = gradients + pixel * s.channels;
              if (i + stride >= window.rows()) {  // other rows were seen before
                hwy::Prefetch(gradient + s.out_width * s.channels + c);
                for (std::ptrdiff_t column = 0; column < std::min<std::ptrdiff_t>(stride, size); ++column)
                  hwy::Prefetch(columns[column] + next_rows + c);
              }
              add_products<parts>(d, c, columns + tap, 1, gradient, each, sums...);
            };
            std::ptrdiff_t pixel = 0;
            for (; pixel + 4 <= s.out_width; pixel += 4) {
              add(pixel);
              add(pixel + 1);
              add(pixel + 2);
              add(pixel + 3);
            }
            for (; pixel < s.out_width; ++pixel) add(pixel);
            add_to<parts>(d, totals + ((rows.first + i) * s.size + tap) * s.channels + c, s.channels, each, sums...);
          });
    });
  });
}

// Calls visit(d, at) for the channels of all taps that are taken as two parts.
template <class Visit>
void for_channels_of_taps(const DepthwiseShape& s, const Visit& visit) {
  for (std::ptrdiff_t tap = 0; tap < s.size * s.size; ++tap)
    for_channels(s.channels, [&](auto d, std::size_t c, auto two) {
      if constexpr (two) visit(d, tap * s.channels + c);
    });
}

// Weights in the order in which the parts of maps come apart.
template <class T>
void pack(const DepthwiseShape& s, const float* weight, float* packed) {
  std::copy_n(weight, s.size * s.size * s.channels, packed);
  if constexpr (!std::is_same_v<T, float>)
    for_channels_of_taps(s, [&](auto d, std::ptrdiff_t at) {
      auto even = hn::Zero(d);
      auto odd = even;
      hn::LoadInterleaved2(d, weight + at, even, odd);
      store_parts(even, odd, d, packed + at);
    });
}

template <class T>
void unpack(const DepthwiseShape& s, const float* packed, float* weight) {
  std::copy_n(packed, s.size * s.size * s.channels, weight);
  if constexpr (!std::is_same_v<T, float>)
    for_channels_of_taps(s, [&](auto d, std::ptrdiff_t at) {
      hn::StoreInterleaved2(load_part<2, 0>(d, packed + at), load_part<2, 1>(d, packed + at), d, weight + at);
    });
}

template <class T>
constexpr Depthwise<T> table{&pack<T>, &unpack<T>, &forward<T>, &input_gradient<T>, &weight_gradient<T>};

const Depthwise<float>* float_table() { return &table<float>; }
const Depthwise<std::uint16_t>* bfloat_table() { return &table<std::uint16_t>; }

}  // namespace
}  // namespace aviary::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace aviary::nn::kernels {
AVIARY_DISPATCH(Depthwise, depthwise)
}  // namespace aviary::nn::kernels
#endif
