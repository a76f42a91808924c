// Keeps gradients within what fp16 can hold: the loss is multiplied by a scale before the backward pass, and the gradients are
// divided by it afterwards. A pass whose gradients overflow is made again with half of it, so that no step is lost; after many
// that do not, it is doubled (Micikevicius et al., 2018, arXiv 1710.03740, section 3.2). Used by a training step.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace aviary::training {

class GradientScale {
 public:
  static constexpr const char* name = "gradient_scale";  ///< of its state, beside the optimizer's

  /// Of a training in this precision: 1, which never changes, unless that is "fp16".
  explicit GradientScale(const std::string& precision);

  bool used() const { return used_; }
  /// What the loss is to be multiplied by.
  double factor() const;

  /// Divides the parameters' gradients by the factor. False where one of them is not finite: then the factor is smaller now,
  /// and the pass is to be made again. Throws Diverged where no factor helps.
  bool divide(const std::vector<at::Tensor>& parameters);

  /// The factor, and how many passes it has held for: float64, 2 numbers. What checkpoints keep.
  const at::Tensor& state() const { return state_; }

 private:
  bool used_;
  at::Tensor state_;
};

}  // namespace aviary::training
