#include <aviary/nn/blocks.hpp>

#include <algorithm>
#include <cmath>

#include <ATen/ops/dropout.h>
#include <ATen/ops/sigmoid.h>

#include "nn/fused.hpp"

namespace aviary::nn {

std::int64_t make_divisible(double value, std::int64_t divisor) {
  const auto d = static_cast<double>(divisor);
  const std::int64_t nearest = std::max(divisor, static_cast<std::int64_t>(std::floor((value + d / 2) / d)) * divisor);
  return static_cast<double>(nearest) < 0.9 * value ? nearest + divisor : nearest;
}

at::Tensor Sequence::forward(const at::Tensor& x) {
  at::Tensor y = x;
  for (const auto& layer : layers_) y = layer->forward(y);
  return y;
}

ConvNormAct::ConvNormAct(std::int64_t in, std::int64_t out, Window window, Activation activation)
    : conv_(add<Conv2d>(*this, "conv", in, out, window)), bn_(add<BatchNorm2d>(*this, "bn", out, activation)) {}

at::Tensor ConvNormAct::forward(const at::Tensor& x) { return bn_->forward(conv_->forward(x)); }

SqueezeExcite::SqueezeExcite(std::int64_t channels, std::int64_t hidden, const Style& style)
    : reduce_(add<Conv2d>(*this, style.reduce, channels, hidden, Window{.bias = true})),
      activation_(style.activation),
      last_(style.last) {
  if (style.norm) bn_ = add<BatchNorm2d>(*this, "bn", hidden);
  expand_ = add<Conv2d>(*this, style.expand, hidden, channels, Window{.bias = true});
}

at::Tensor SqueezeExcite::forward(const at::Tensor& x) {
  const auto logits = [&](const at::Tensor& mean) {
    const at::Tensor hidden = reduce_->forward(mean);
    return expand_->forward(activate(bn_ ? bn_->forward(hidden) : hidden, activation_));
  };
  if (!fuses(x, reduce_->weight)) return activate(x * logits(x.mean({2, 3}, true)).sigmoid(), last_);
  const Squeezed squeezed = squeeze_map(x, last_);
  return excite_map(squeezed, logits(squeezed.mean));
}

ClassifierHead::ClassifierHead(std::int64_t in, std::int64_t classes, double dropout)
    : dropout_(dropout), fc_(add<Linear>(*this, "fc", in, classes)) {}

at::Tensor ClassifierHead::forward(const at::Tensor& x) {
  return fc_->forward(at::dropout(x.mean({2, 3}), dropout_, is_training()));
}

}  // namespace aviary::nn
