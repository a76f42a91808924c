// What a model takes its pictures as.
#pragma once

#include <ATen/core/TensorBody.h>

#include <aviary/model.hpp>

namespace aviary::network {

/// The type and the device that the model computes with.
inline at::TensorOptions input_options(const Model& model) {
  const auto parameters = model.parameters();
  return parameters.empty() ? at::TensorOptions() : parameters.front().options().requires_grad(false);
}

}  // namespace aviary::network
