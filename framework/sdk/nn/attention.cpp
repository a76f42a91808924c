#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "nn/fused.hpp"
#include "nn/kernels/attention.hpp"
#include "nn/maps.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {
namespace {

using kernels::AttentionShape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape shape_of_head(const at::Tensor& qkv, std::int64_t heads) {
  return {qkv.size(1), qkv.size(2) / 3, qkv.size(2) / 3 / heads};
}

// Calls function(row, place) for every head of every sequence, on many threads: the number of the sequence's first token among
// those of all sequences, and the head's first channel.
template <class Function>
void for_heads(const at::Tensor& qkv, std::int64_t heads, const Function& function) {
  const AttentionShape shape = shape_of_head(qkv, heads);
  in_parallel(qkv.size(0) * heads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) function(i / heads * shape.length, i % heads * shape.width);
  });
}

struct SelfAttention : torch::autograd::Function<SelfAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, std::int64_t heads) {
    context->save_for_backward({qkv});
    context->saved_data["heads"] = heads;
    const AttentionShape shape = shape_of_head(qkv, heads);
    at::Tensor y = at::empty({qkv.size(0), shape.length, shape.channels}, qkv.options());
    RECORD_FUNCTION("aviary::self_attention", maps_of({qkv, y}));
    with_type(qkv, [&]<class T>(T*) {
      for_heads(qkv, heads, [&](std::int64_t row, std::int64_t place) {
        kernels::attention<T>().forward(shape, numbers<T>(qkv) + row * 3 * shape.channels + place,
                                        numbers<T>(y) + row * shape.channels + place);
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor qkv = context->get_saved_variables()[0];
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const AttentionShape shape = shape_of_head(qkv, heads);
    const at::Tensor gradient = gradients[0].to(qkv.scalar_type()).contiguous();
    const at::Tensor qkv_gradient = at::empty_like(qkv);
    RECORD_FUNCTION("aviary::self_attention_backward", maps_of({qkv, gradient, qkv_gradient}));
    with_type(qkv, [&]<class T>(T*) {
      for_heads(qkv, heads, [&](std::int64_t row, std::int64_t place) {
        const std::int64_t at = row * 3 * shape.channels + place;
        kernels::attention<T>().backward(shape, numbers<T>(qkv) + at, numbers<T>(gradient) + row * shape.channels + place,
                                         numbers<T>(qkv_gradient) + at);
      });
    });
    return {qkv_gradient, at::Tensor()};
  }
};

}  // namespace

at::Tensor fused_attention(const at::Tensor& qkv, std::int64_t heads) { return SelfAttention::apply(qkv, heads); }

}  // namespace aviary::nn
