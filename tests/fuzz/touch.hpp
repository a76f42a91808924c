// Reads the first and the last value of every tensor, in code that the address sanitizer watches; it does not watch LibTorch's.
#pragma once

#include <cstddef>

#include <ATen/core/Tensor.h>

#include "weights/tensors.hpp"

namespace aviary::test {

inline void touch(const weights::Tensors& content) {
  for (const auto& [name, tensor] : content.tensors) {
    if (tensor.numel() == 0) continue;
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < tensor.dim(); ++i) last += (tensor.size(i) - 1) * tensor.stride(i);
    const auto* const bytes = static_cast<const volatile char*>(tensor.data_ptr());
    const auto size = static_cast<std::int64_t>(tensor.element_size());
    static_cast<void>(bytes[0]);
    static_cast<void>(bytes[last * size + size - 1]);
  }
}

}  // namespace aviary::test
