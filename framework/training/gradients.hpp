// The gradients of a model's parameters as a whole. Used by a training step, on the thread that trains.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "recipe/sections.hpp"

namespace aviary::training {

void clear_gradients(const std::vector<at::Tensor>& parameters);

/// Clips as the recipe's [gradient] says, in place: every number to +-clip_value, or all together to the norm clip_norm (as
/// torch.nn.utils.clip_grad_norm_). Throws Error when the norm is not finite.
void clip_gradients(const std::vector<at::Tensor>& parameters, const recipe::Gradient& settings);

}  // namespace aviary::training
