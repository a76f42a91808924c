// How the fused functions see a tensor: its numbers as the kernels take them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty.h>

namespace aviary::nn {

/// Sums over a whole map are made in so many parts, whatever the number of threads: the bits must not depend on it.
constexpr std::int64_t most_parts = 32;

/// Calls function with a null pointer to float or, for bfloat16, to std::uint16_t.
template <class Function>
auto with_type(const at::Tensor& x, const Function& function) {
  return x.scalar_type() == at::kFloat ? function(static_cast<float*>(nullptr))
                                       : function(static_cast<std::uint16_t*>(nullptr));
}

template <class T>
T* numbers(const at::Tensor& x) {
  return static_cast<T*>(x.data_ptr());
}

inline at::Tensor empty_map(at::IntArrayRef shape, const at::Tensor& like) {
  return at::empty(shape, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

/// A gradient as the map that it belongs to: of its type, channels-last.
inline at::Tensor as_map(const at::Tensor& gradient, const at::Tensor& map) {
  return gradient.to(map.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
}

/// What RECORD_FUNCTION tells of an operation: the maps that it reads or writes.
inline std::vector<c10::IValue> maps_of(std::initializer_list<at::Tensor> maps) {
  return std::vector<c10::IValue>(maps.begin(), maps.end());
}

}  // namespace aviary::nn
