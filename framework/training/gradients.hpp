// The gradients of a model's parameters as a whole. Used by a training step, on the thread that trains.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/error.hpp>

#include "recipe/sections.hpp"

namespace aviary::training {

/// A loss or a gradient is no finite number any more.
struct Diverged final : Error {
  using Error::Error;
};

void clear_gradients(const std::vector<at::Tensor>& parameters);

/// Clips as the recipe's [gradient] says, in place: every number to +-clip_value, or all together to the norm clip_norm (as
/// torch.nn.utils.clip_grad_norm_). Throws Diverged when the norm is not finite.
void clip_gradients(const std::vector<at::Tensor>& parameters, const recipe::Gradient& settings);

}  // namespace aviary::training
