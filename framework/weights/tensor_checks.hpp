// What the readers and writers of both formats check in the same way. All of it throws Refusal.
#pragma once

#include <cstdint>
#include <string_view>

#include <ATen/core/Tensor.h>

#include <aviary/optimizer.hpp>

namespace aviary::weights {

/// How many bytes a tensor of this shape takes; its sizes are not negative. Also the strides of an empty tensor must not
/// overflow, so a shape may be too large although it has a 0.
std::uint64_t count_bytes(std::string_view name, c10::ScalarType type, c10::IntArrayRef shape);

/// LibTorch's operations take no more.
inline constexpr std::size_t most_dimensions = 64;

/// To look at a bool that is neither 0 nor 1 is undefined behaviour.
void check_bools(std::string_view name, const at::Tensor& tensor);

/// The tensors on the CPU and in row-major order, after a look at their names (UTF-8, each once), types and layouts.
NamedTensors writable(const NamedTensors& tensors);

}  // namespace aviary::weights
