#include <aviary/nn/layers.hpp>

#include <cmath>
#include <optional>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mkldnn_convolution.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/nn/init.hpp>

#include "nn/fused.hpp"
#include "nn/packed_conv.hpp"

namespace aviary::nn {

torch::nn::Module& add_group(torch::nn::Module& parent, const std::string& name) {
  return *add<torch::nn::Module>(parent, name);
}

Layer::~Layer() = default;

at::Tensor activate(at::Tensor x, Activation activation) {
  const bool in_place = activation == Activation::none || activation == Activation::relu;
  if (!in_place && fuses_activation(x)) return activated(x, activation);
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return x.relu_();
    case Activation::relu6: return at::clamp(x, 0, 6);
    case Activation::silu: return at::silu(x);
  }
  return x;
}

// PyTorch's start of convolutions and linear layers: weights and biases uniform within 1 / sqrt(fan-in).
Conv2d::Conv2d(std::int64_t in, std::int64_t out, Window window)
    : weight(register_parameter("weight", at::empty({out, in / window.groups, window.size, window.size}))), window_(window) {
  const std::int64_t fan_in = in / window.groups * window.size * window.size;
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  fill_uniform(weight, bound);
  if (!window.bias) return;
  bias = register_parameter("bias", at::empty({out}));
  fill_uniform(bias, bound);
}

at::Tensor Conv2d::forward(const at::Tensor& x) {
  const std::int64_t in = weight.size(1) * window_.groups;
  if (x.dim() != 4 || x.size(1) != in)
    throw Error(fmt::format("a convolution expects N x {} x H x W, found {} channels in {} dimensions", in,
                            x.dim() < 2 ? 0 : x.size(1), x.dim()));
  const bool fused = fuses(x, weight);
  const bool depthwise = window_.groups == in && weight.size(0) == in && !bias.defined() && takes_depthwise(weight);
  if (fused && depthwise) return depthwise_conv(autocast(x), weight, window_.stride);
  if (fused && !bias.defined())
    if (const std::optional<Origin> origin = origin_of(x)) return remaking_conv(autocast(x), weight, window_, *origin);
  if (!is_training())
    if (const std::optional<at::Tensor> y = packed_conv(packed_, x, weight, bias, window_)) return *y;
  return at::conv2d(x, weight, bias, window_.stride, window_.size / 2, 1, window_.groups);
}

void Conv2d::train(bool on) {
  packed_.reset();
  Layer::train(on);
}

BatchNorm2d::BatchNorm2d(std::int64_t channels, Activation activation)
    : weight(register_parameter("weight", at::ones({channels}))),
      bias(register_parameter("bias", at::zeros({channels}))),
      running_mean_(register_buffer("running_mean", at::zeros({channels}))),
      running_var_(register_buffer("running_var", at::ones({channels}))),
      num_batches_tracked_(register_buffer("num_batches_tracked", at::zeros({}, at::kLong))),
      activation_(activation) {}

at::Tensor BatchNorm2d::forward(const at::Tensor& x) {
  constexpr double eps = 1e-5;
  if (shared_batch && is_training()) {
    num_batches_tracked_ += 1;
    const NormState norm{weight, bias, running_mean_, running_var_, momentum, eps};
    return activate(synchronized_norm(x, norm, *shared_batch), activation_);
  }
  const bool from_batch = is_training() && x.numel() > x.size(1);
  if (from_batch) num_batches_tracked_ += 1;
  if (fuses(x, weight)) {
    const NormState norm{weight, bias, running_mean_, running_var_, momentum, eps};
    if (from_batch) return batch_norm_act(x, norm, activation_);
    if (!c10::GradMode::is_enabled()) return running_norm_act(x, norm, activation_);
  }
  return activate(at::batch_norm(x, weight, bias, running_mean_, running_var_, from_batch, momentum, eps, true), activation_);
}

Linear::Linear(std::int64_t in, std::int64_t out)
    : weight(register_parameter("weight", at::empty({out, in}))), bias(register_parameter("bias", at::empty({out}))) {
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  fill_uniform(weight, bound);
  fill_uniform(bias, bound);
}

at::Tensor Linear::forward(const at::Tensor& x) {
  if (x.dim() != 3 || (is_training() && !suits_onednn(x))) return at::linear(x, weight, bias);
  // Tokens as the pixels of a channels-last map: N x C x 1 x tokens.
  const at::Tensor map = x.unsqueeze(1).permute({0, 3, 1, 2});
  const at::Tensor filters = weight.unsqueeze(2).unsqueeze(3);
  const std::optional<at::Tensor> packed = is_training() ? std::nullopt : packed_conv(packed_, map, filters, bias, {});
  if (!packed && !suits_onednn(x)) return at::linear(x, weight, bias);
  const at::Tensor y = packed ? *packed : at::mkldnn_convolution(map, filters, bias, {0, 0}, {1, 1}, {1, 1}, 1);
  return y.permute({0, 2, 3, 1}).squeeze(1);
}

void Linear::train(bool on) {
  packed_.reset();
  Layer::train(on);
}

LayerNorm::LayerNorm(std::int64_t channels)
    : weight(register_parameter("weight", at::ones({channels}))), bias(register_parameter("bias", at::zeros({channels}))) {}

// LibTorch 1.13 has no layer norm of bf16 numbers with scales in fp32, as autocast would give it.
at::Tensor LayerNorm::forward(const at::Tensor& x) {
  const bool same_type = x.scalar_type() == weight.scalar_type();
  return at::layer_norm(same_type ? x : x.to(weight.scalar_type()), weight.sizes(), weight, bias);
}

at::Tensor self_attention(const at::Tensor& qkv, std::int64_t heads) {
  if (fuses_attention(qkv)) return fused_attention(qkv, heads);
  const std::int64_t length = qkv.size(1);
  const std::int64_t channels = qkv.size(2) / 3;
  const std::int64_t width = channels / heads;
  const double factor = 1 / std::sqrt(static_cast<double>(width));
  const at::Tensor parts = qkv.view({-1, length, 3, heads, width}).permute({2, 0, 3, 1, 4});
  const at::Tensor scores = at::matmul(parts.select(0, 0) * factor, parts.select(0, 1).transpose(2, 3)).softmax(-1);
  return at::matmul(scores, parts.select(0, 2)).transpose(1, 2).reshape({-1, length, channels});
}

at::Tensor drop_path(const at::Tensor& x, double probability, bool training) {
  if (!training || probability == 0) return x;
  const double keep = 1 - probability;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[0] = x.size(0);
  return x * at::empty(shape, x.options()).bernoulli_(keep).div_(keep);
}

}  // namespace aviary::nn
