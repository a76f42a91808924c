#include <aviary/nn/init.hpp>

#include <cmath>

#include <c10/core/GradMode.h>

namespace aviary::nn {
namespace {

thread_local int skipping = 0;

void init_convolutions(const torch::nn::Module& module, std::int64_t fan_dimension) {
  for_each<Conv2d>(module, [&](Conv2d& conv) {
    const std::int64_t fan = conv.weight.size(fan_dimension) * conv.weight.size(2) * conv.weight.size(3);
    fill_normal(conv.weight, std::sqrt(2 / static_cast<double>(fan_dimension == 0 ? fan / conv.groups() : fan)));
    if (conv.bias.defined()) fill(conv.bias, 0);
  });
}

}  // namespace

SkipInit::SkipInit() { ++skipping; }

SkipInit::~SkipInit() { --skipping; }

void fill_normal(at::Tensor& tensor, double std) {
  if (skipping > 0) return;
  const c10::AutoGradMode no_gradients(false);
  tensor.normal_(0, std);
}

void fill_uniform(at::Tensor& tensor, double bound) {
  if (skipping > 0) return;
  const c10::AutoGradMode no_gradients(false);
  tensor.uniform_(-bound, bound);
}

void fill(at::Tensor& tensor, double value) {
  if (skipping > 0) return;
  const c10::AutoGradMode no_gradients(false);
  tensor.fill_(value);
}

void init_convolutions_fan_out(const torch::nn::Module& module) { init_convolutions(module, 0); }

void init_convolutions_fan_in(const torch::nn::Module& module) { init_convolutions(module, 1); }

void init_efficientnet(const torch::nn::Module& module) {
  init_convolutions_fan_out(module);
  for_each<Linear>(module, [](Linear& linear) {
    fill_uniform(linear.weight, 1 / std::sqrt(static_cast<double>(linear.weight.size(0))));
    fill(linear.bias, 0);
  });
}

}  // namespace aviary::nn
