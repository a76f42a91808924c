// Depthwise convolution over channels-last maps: out(n, h, w, c) = sum over (i, j) of in(n, s h + i - p, s w + j - p, c)
// weight(i, j, c), with stride s and padding p = size / 2. Maps are float32 or bfloat16 (as their bits, std::uint16_t); weights
// and their gradient are float32, size x size x channels. Sums are made in float32.
#pragma once

#include <cstddef>

namespace aviary::nn::kernels {

constexpr std::ptrdiff_t depthwise_most_size = 7;

struct DepthwiseShape {
  std::ptrdiff_t channels;
  std::ptrdiff_t height;  ///< of the input
  std::ptrdiff_t width;
  std::ptrdiff_t out_height;
  std::ptrdiff_t out_width;
  std::ptrdiff_t size;
  std::ptrdiff_t stride;
};

/// For this processor. The kernels work on one picture, and on one row of it; `zeros` are `channels` of them. They take weights
/// and give their gradient with the channels of a tap in an order of their own, the packed one.
template <class T>
struct Depthwise {
  /// Brings weights from the order of channels into the packed one, and back.
  void (*pack)(const DepthwiseShape& shape, const float* weight, float* packed);
  void (*unpack)(const DepthwiseShape& shape, const float* packed, float* weight);
  /// Writes row `row` of the output `out`.
  void (*forward)(const DepthwiseShape& shape, const T* in, const T* zeros, const float* weight, std::ptrdiff_t row, T* out);
  /// Writes row `row` of `in_gradient`.
  void (*input_gradient)(const DepthwiseShape& shape, const T* out_gradient, const T* zeros, const float* weight,
                         std::ptrdiff_t row, T* in_gradient);
  /// Adds what row `row` of the output gives.
  void (*weight_gradient)(const DepthwiseShape& shape, const T* in, const T* zeros, const T* out_gradient, std::ptrdiff_t row,
                          float* weight_gradient);
};

template <class T>
const Depthwise<T>& depthwise();

}  // namespace aviary::nn::kernels
