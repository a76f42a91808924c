#include "training/gradients.hpp"

#include <cmath>

#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

namespace aviary::training {
namespace {

// Of all together, with one read from their device.
double norm_of(const std::vector<at::Tensor>& gradients) {
  if (gradients.empty()) return 0;
  const at::Tensor norms = at::stack(at::_foreach_norm(gradients)).to(at::kCPU, at::kDouble);
  double squares = 0;
  for (std::int64_t i = 0; i < norms.numel(); ++i) squares += std::pow(norms.data_ptr<double>()[i], 2);
  return std::sqrt(squares);
}

}  // namespace

void clear_gradients(const std::vector<at::Tensor>& parameters) {
  for (const at::Tensor& parameter : parameters)
    if (parameter.grad().defined()) parameter.mutable_grad().reset();
}

void clip_gradients(const std::vector<at::Tensor>& parameters, const recipe::Gradient& settings) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  if (settings.clip_value)
    for (at::Tensor& gradient : gradients) gradient.clamp_(-*settings.clip_value, *settings.clip_value);
  if (!settings.clip_norm) return;
  const double norm = norm_of(gradients);
  if (!std::isfinite(norm)) throw Diverged(fmt::format("the gradient's norm is {}; lower the learning rate", norm));
  const double factor = *settings.clip_norm / (norm + 1e-6);
  if (factor >= 1) return;
  for (at::Tensor& gradient : gradients) gradient.mul_(factor);
}

}  // namespace aviary::training
