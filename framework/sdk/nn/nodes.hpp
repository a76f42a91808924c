// What the fused functions keep in their nodes of the gradient's graph, besides tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <torch/csrc/autograd/custom_function.h>

#include "nn/fused.hpp"

namespace aviary::nn {

inline void keep(torch::autograd::AutogradContext& context, Activation activation) {
  context.saved_data["activation"] = static_cast<std::int64_t>(activation);
}

inline Activation kept_activation(torch::autograd::AutogradContext& context) {
  return static_cast<Activation>(context.saved_data["activation"].toInt());
}

/// Of a map that Maker made with an activation that costs little; Maker::origin() finds it in the tensors that it saved.
template <class Maker>
std::optional<Origin> origin_from(const at::Tensor& y) {
  const auto node = std::dynamic_pointer_cast<torch::autograd::CppNode<Maker>>(y.grad_fn());
  if (!node) return {};
  const Activation activation = kept_activation(node->ctx_);
  if (activation == Activation::silu) return {};
  return Maker::origin(node->ctx_.get_saved_variables(), activation);
}

}  // namespace aviary::nn
