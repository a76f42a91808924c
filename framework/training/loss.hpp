// What a training makes smaller, by the recipe's [loss]. Called for every batch, on the thread that trains.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "recipe/sections.hpp"

namespace aviary::training {

class Loss {
 public:
  /// `class_counts`: training pictures of each output, for balanced weights; outputs without pictures weigh nothing. Throws
  /// Error when class_weights are not one for each output.
  Loss(const recipe::Loss& settings, std::int64_t outputs, const std::vector<std::int64_t>& class_counts);

  /// Mean over the batch. logits: N x classes, fp32; targets: N class numbers, or N x classes probabilities.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& targets) const;

 private:
  at::Tensor focal(const at::Tensor& logits, const at::Tensor& targets) const;

  recipe::Loss settings_;
  at::Tensor class_weights_;  ///< undefined: all alike
};

}  // namespace aviary::training
