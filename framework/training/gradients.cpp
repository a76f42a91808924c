#include "training/gradients.hpp"

#include <cmath>

#include <fmt/format.h>

namespace aviary::training {

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
  double squares = 0;
  for (const at::Tensor& gradient : gradients) squares += std::pow(gradient.norm().item<double>(), 2);
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm)) throw Diverged(fmt::format("the gradient's norm is {}; lower the learning rate", norm));
  const double factor = *settings.clip_norm / (norm + 1e-6);
  if (factor >= 1) return;
  for (at::Tensor& gradient : gradients) gradient.mul_(factor);
}

}  // namespace aviary::training
