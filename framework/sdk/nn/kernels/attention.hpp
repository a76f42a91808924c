// One head of scaled dot-product attention of a sequence with itself (Vaswani et al., 2017, arXiv 1706.03762, section 3.2.1):
// y = p v with p = softmax(q k' / sqrt(width)). Values are float32 or bfloat16 (as their bits, std::uint16_t); all between is
// float32 and stays in the caches: of a sequence's products nothing is kept for the gradient.
#pragma once

#include <cstddef>

namespace aviary::nn::kernels {

struct AttentionShape {
  std::ptrdiff_t length;    ///< tokens of the sequence
  std::ptrdiff_t channels;  ///< of all heads
  std::ptrdiff_t width;     ///< channels of one head
};

/// For this processor. In a row of `qkv` lie a token's queries, keys and values, each of `channels` numbers; a row of y and of
/// its gradient has `channels`. All pointers are to the first row's first number of this head.
template <class T>
struct Attention {
  void (*forward)(const AttentionShape& shape, const T* qkv, T* y);
  void (*backward)(const AttentionShape& shape, const T* qkv, const T* gradient, T* qkv_gradient);
};

template <class T>
const Attention<T>& attention();

}  // namespace aviary::nn::kernels
