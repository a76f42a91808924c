// Batch norm and the activation after it, over rows of channels (a channels-last map is N H W rows). Values are float32 or
// bfloat16 (as their bits, std::uint16_t), all else is float32.
#pragma once

#include <cstddef>

#include <aviary/nn/activation.hpp>

namespace aviary::nn::kernels {

/// Number, mean and summed squared distances from the mean of each channel's values.
struct Moments {
  std::ptrdiff_t count;
  double* mean;
  double* squares;
};

/// What is known of each channel: y = activation(scale x + shift).
struct Norm {
  const float* mean;
  const float* scale;
  const float* shift;
};

/// For this processor. A function works on `rows` rows of `channels` numbers; d is the gradient of y times the activation's
/// slope.
template <class T>
struct NormAct {
  /// Merges the rows' moments into `merged` (Chan et al., 1979). `scratch` has room for 3 x channels numbers.
  void (*moments)(const T* x, std::ptrdiff_t rows, std::ptrdiff_t channels, Moments& merged, float* scratch);
  /// y may be x.
  void (*normalise)(const T* x, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm, Activation activation, T* y);
  /// Adds d to `sums`, and d (x - mean) to `products`.
  void (*gradients)(const T* x, const T* gradient, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm,
                    Activation activation, float* sums, float* products);
  /// x_gradient = scale d + (x - mean) slope + offset; it may be `gradient`.
  void (*input_gradient)(const T* x, const T* gradient, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm,
                         const float* slope, const float* offset, Activation activation, T* x_gradient);
};

template <class T>
const NormAct<T>& norm_act();

}  // namespace aviary::nn::kernels
