#include "training/gradient_scale.hpp"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include "training/gradients.hpp"

namespace aviary::training {
namespace {

// PyTorch's, but that it skips the step.
constexpr double first_factor = 65536;
constexpr double least_factor = 1.0 / 65536;
constexpr double passes_before_growth = 2000;

}  // namespace

GradientScale::GradientScale(const std::string& precision)
    : used_(precision == "fp16"), state_(at::tensor({used_ ? first_factor : 1.0, 0.0}, at::kDouble)) {}

double GradientScale::factor() const { return state_.data_ptr<double>()[0]; }

bool GradientScale::divide(const std::vector<at::Tensor>& parameters) {
  if (!used_) return true;
  const c10::AutoGradMode no_gradients(false);
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  if (gradients.empty()) return true;
  double& factor = state_.data_ptr<double>()[0];
  double& passes = state_.data_ptr<double>()[1];
  at::_foreach_mul_(gradients, 1 / factor);
  if (at::stack(at::_foreach_norm(gradients)).isfinite().all().item<bool>()) {
    if (++passes == passes_before_growth) {
      factor *= 2;
      passes = 0;
    }
    return true;
  }
  if (factor <= least_factor)
    throw Diverged(
        "the gradients are not finite in fp16, however they are scaled; lower the learning "
        "rate, or take bf16 or fp32");
  factor /= 2;
  passes = 0;
  return false;
}

}  // namespace aviary::training
