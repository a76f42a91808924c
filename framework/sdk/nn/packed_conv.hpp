// Convolutions and linear layers of predictions: by oneDNN itself, where LibTorch's operations would go through it, too, but
// lay out the weights and look for the program again in each call.
#pragma once

#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>

#include <aviary/nn/layers.hpp>

namespace aviary::nn {

/// Convolves a channels-last map x with weight (out x in x size x size) and bias (out, or undefined), both float32; in
/// bfloat16 within autocast, as LibTorch does. `packed` holds what later calls can use again: with inputs of the same shape and
/// type, and weights that did not change in a way that LibTorch counts; for others it is made anew. Where LibTorch is not
/// linked with oneDNN as a library of its own, as Debian's is, it is LibTorch's call to it, in float32 only. Nothing where a
/// gradient is wanted, for groups, or for devices and types without kernels.
std::optional<at::Tensor> packed_conv(std::shared_ptr<const PackedConv>& packed, const at::Tensor& x, const at::Tensor& weight,
                                      const at::Tensor& bias, const Window& window);

}  // namespace aviary::nn
