// MobileNetV4, the small convolutional one: Qin et al., 2024 (arXiv 2404.10518), table 11, as timm builds it
// (mobilenetv4_conv_small), with its names and initial weights.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/dropout.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

// A universal inverted bottleneck (section 3). A kernel of 0 leaves that depthwise convolution out.
struct Bottleneck {
  std::int64_t start;  ///< kernel of the depthwise convolution before the expansion
  std::int64_t mid;    ///< and of the one after it
  std::int64_t inner;
  std::int64_t out;
  std::int64_t stride;
};

constexpr std::array<Bottleneck, 6> stage2 = {{
    {.start = 5, .mid = 5, .inner = 192, .out = 96, .stride = 2},
    {.start = 0, .mid = 3, .inner = 192, .out = 96, .stride = 1},
    {.start = 0, .mid = 3, .inner = 192, .out = 96, .stride = 1},
    {.start = 0, .mid = 3, .inner = 192, .out = 96, .stride = 1},
    {.start = 0, .mid = 3, .inner = 192, .out = 96, .stride = 1},
    {.start = 3, .mid = 0, .inner = 384, .out = 96, .stride = 1},
}};

constexpr std::array<Bottleneck, 6> stage3 = {{
    {.start = 3, .mid = 3, .inner = 576, .out = 128, .stride = 2},
    {.start = 5, .mid = 5, .inner = 512, .out = 128, .stride = 1},
    {.start = 0, .mid = 5, .inner = 512, .out = 128, .stride = 1},
    {.start = 0, .mid = 5, .inner = 384, .out = 128, .stride = 1},
    {.start = 0, .mid = 3, .inner = 512, .out = 128, .stride = 1},
    {.start = 0, .mid = 3, .inner = 512, .out = 128, .stride = 1},
}};

struct Params {
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier").at_least(0).below(1).usual("0.2");
  }
};

// timm's ConvBnAct: the convolutions of the first stages and the last.
class ConvBnAct final : public nn::Layer {
 public:
  ConvBnAct(std::int64_t in, std::int64_t out, Window window)
      : conv_(nn::add<nn::Conv2d>(*this, "conv", in, out, window)),
        bn1_(nn::add<nn::BatchNorm2d>(*this, "bn1", out, Activation::relu)) {}

  at::Tensor forward(const at::Tensor& x) override { return bn1_->forward(conv_->forward(x)); }

 private:
  std::shared_ptr<nn::Conv2d> conv_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
};

class UniversalInvertedBottleneck final : public nn::Layer {
 public:
  UniversalInvertedBottleneck(std::int64_t in, const Bottleneck& shape) : shortcut_(shape.stride == 1 && in == shape.out) {
    const auto add = [&](const char* name, std::int64_t from, std::int64_t to, Window window, Activation activation) {
      layers_.push_back(nn::add<nn::ConvNormAct>(*this, name, from, to, window, activation));
    };
    // The stride is that of the middle convolution where there is one.
    if (shape.start > 0) add("dw_start", in, in, {shape.start, shape.mid > 0 ? 1 : shape.stride, in}, Activation::none);
    add("pw_exp", in, shape.inner, {}, Activation::relu);
    if (shape.mid > 0) add("dw_mid", shape.inner, shape.inner, {shape.mid, shape.stride, shape.inner}, Activation::relu);
    add("pw_proj", shape.inner, shape.out, {}, Activation::none);
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = x;
    for (const auto& layer : layers_) y = layer->forward(y);
    return shortcut_ ? y + x : y;
  }

 private:
  bool shortcut_;
  std::vector<std::shared_ptr<nn::ConvNormAct>> layers_;
};

template <std::size_t n>
std::int64_t append(nn::Sequence& blocks, std::int64_t in, const std::array<Bottleneck, n>& shapes) {
  const auto stage = blocks.append<nn::Sequence>();
  for (const Bottleneck& shape : shapes) {
    stage->append<UniversalInvertedBottleneck>(in, shape);
    in = shape.out;
  }
  return in;
}

class MobilenetV4 final : public aviary::Model {
 public:
  MobilenetV4(const Params& params, const aviary::ModelContext& context) : dropout_(params.dropout) {
    aviary::require_image_size(context, 32);
    const Window halving{.size = 3, .stride = 2};
    conv_stem_ = nn::add<nn::Conv2d>(*this, "conv_stem", context.channels, 32, halving);
    bn1_ = nn::add<nn::BatchNorm2d>(*this, "bn1", 32, Activation::relu);
    blocks_ = nn::add<nn::Sequence>(*this, "blocks");
    const auto stage0 = blocks_->append<nn::Sequence>();
    stage0->append<ConvBnAct>(32, 32, halving);
    stage0->append<ConvBnAct>(32, 32, Window{});
    const auto stage1 = blocks_->append<nn::Sequence>();
    stage1->append<ConvBnAct>(32, 96, halving);
    stage1->append<ConvBnAct>(96, 64, Window{});
    const std::int64_t out = append(*blocks_, append(*blocks_, 64, stage2), stage3);
    blocks_->append<nn::Sequence>()->append<ConvBnAct>(out, 960, Window{});
    conv_head_ = nn::add<nn::Conv2d>(*this, "conv_head", 960, 1280);
    norm_head_ = nn::add<nn::BatchNorm2d>(*this, "norm_head", 1280, Activation::relu);
    classifier_ = nn::add<nn::Linear>(*this, "classifier", 1280, context.classes);
    nn::init_efficientnet(*this);
  }

  at::Tensor forward(const at::Tensor& images) override {
    const at::Tensor x = blocks_->forward(bn1_->forward(conv_stem_->forward(images)));
    const at::Tensor features = norm_head_->forward(conv_head_->forward(x.mean({2, 3}, true))).flatten(1);
    return classifier_->forward(at::dropout(features, dropout_, is_training()));
  }

  std::string classifier() const override { return "classifier"; }

 private:
  double dropout_;
  std::shared_ptr<nn::Conv2d> conv_stem_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
  std::shared_ptr<nn::Sequence> blocks_;
  std::shared_ptr<nn::Conv2d> conv_head_;
  std::shared_ptr<nn::BatchNorm2d> norm_head_;
  std::shared_ptr<nn::Linear> classifier_;
};

}  // namespace

AVIARY_MODEL("mobilenetv4", MobilenetV4, Params, "MobileNetV4 conv small (arXiv 2404.10518)")
