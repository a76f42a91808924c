// Blocks that several networks share, under timm's names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aviary/api.hpp>
#include <aviary/nn/layers.hpp>

namespace aviary::nn {

/// The nearest multiple of `divisor` (ties up), at least `divisor`; one more where that loses over a tenth (Sandler et al.,
/// 2018, MobileNetV2's code).
AVIARY_API std::int64_t make_divisible(double value, std::int64_t divisor);

/// Layers one after the other, each under its place: "0", "1", ...
class AVIARY_API Sequence final : public Layer {
 public:
  template <class L, class... Args>
  std::shared_ptr<L> append(Args&&... args) {
    auto layer = add<L>(*this, std::to_string(layers_.size()), std::forward<Args>(args)...);
    layers_.push_back(layer);
    return layer;
  }

  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// timm's ConvNormAct: conv, bn, activation.
class AVIARY_API ConvNormAct final : public Layer {
 public:
  ConvNormAct(std::int64_t in, std::int64_t out, Window window, Activation activation);

  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> bn_;
};

/// Squeeze-and-excitation (Hu et al., 2018, arXiv 1709.01507): scales each channel by what a small network makes of all
/// channels' means, with an activation of the result.
class AVIARY_API SqueezeExcite final : public Layer {
 public:
  /// Names and inner parts differ between networks.
  struct Style {
    const char* reduce;     ///< name of the 1x1 convolution to `hidden` channels
    const char* expand;     ///< and of the one back
    bool norm;              ///< batch norm "bn" between them
    Activation activation;  ///< between them
    Activation last;        ///< of the result
  };
  static constexpr Style efficientnet{"conv_reduce", "conv_expand", false, Activation::silu, Activation::none};
  static constexpr Style rexnet{"fc1", "fc2", true, Activation::relu, Activation::relu6};

  SqueezeExcite(std::int64_t channels, std::int64_t hidden, const Style& style);

  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv2d> reduce_;
  std::shared_ptr<BatchNorm2d> bn_;
  std::shared_ptr<Conv2d> expand_;
  Activation activation_;
  Activation last_;
};

/// timm's ClassifierHead: mean over the picture, dropout, linear layer "fc".
class AVIARY_API ClassifierHead final : public Layer {
 public:
  ClassifierHead(std::int64_t in, std::int64_t classes, double dropout);

  at::Tensor forward(const at::Tensor& x) override;

 private:
  double dropout_;
  std::shared_ptr<Linear> fc_;
};

}  // namespace aviary::nn
