// StarNet: Ma et al., 2024 (arXiv 2403.19967), table 7, as timm builds it (starnet.py), with its names and initial weights. A
// block multiplies two 1x1 convolutions of the same input ("star operation"). Convolutions have biases, also before norms.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <ATen/ops/dropout.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

struct Variant {
  const char* name;
  std::int64_t channels;  ///< of the first stage; doubled from stage to stage
  std::array<std::int64_t, 4> blocks;
};

constexpr std::array<Variant, 4> variants = {{
    {.name = "s1", .channels = 24, .blocks = {2, 2, 8, 3}},
    {.name = "s2", .channels = 32, .blocks = {1, 2, 6, 2}},
    {.name = "s3", .channels = 32, .blocks = {2, 2, 8, 4}},
    {.name = "s4", .channels = 32, .blocks = {3, 3, 12, 5}},
}};

constexpr std::int64_t stem_channels = 32;
constexpr std::int64_t expansion = 4;

struct Params {
  std::string variant = "s2";
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("variant", &Params::variant, "the paper's sizes").one_of({"s1", "s2", "s3", "s4"});
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier").at_least(0).below(1);
  }
};

class Block final : public nn::Layer {
 public:
  explicit Block(std::int64_t channels) {
    const Window depthwise{.size = 7, .groups = channels, .bias = true};
    const Window pointwise{.bias = true};
    dwconv_ = nn::add<nn::ConvNormAct>(*this, "dwconv", channels, channels, depthwise, Activation::none);
    f1_ = nn::add<nn::Conv2d>(nn::add_group(*this, "f1"), "conv", channels, expansion * channels, pointwise);
    f2_ = nn::add<nn::Conv2d>(nn::add_group(*this, "f2"), "conv", channels, expansion * channels, pointwise);
    g_ = nn::add<nn::ConvNormAct>(*this, "g", expansion * channels, channels, pointwise, Activation::none);
    dwconv2_ = nn::add<nn::Conv2d>(nn::add_group(*this, "dwconv2"), "conv", channels, channels, depthwise);
  }

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor y = dwconv_->forward(x);
    const at::Tensor star = nn::activate(f1_->forward(y), Activation::relu6) * f2_->forward(y);
    return x + dwconv2_->forward(g_->forward(star));
  }

 private:
  std::shared_ptr<nn::ConvNormAct> dwconv_;
  std::shared_ptr<nn::Conv2d> f1_;
  std::shared_ptr<nn::Conv2d> f2_;
  std::shared_ptr<nn::ConvNormAct> g_;
  std::shared_ptr<nn::Conv2d> dwconv2_;
};

class Starnet final : public aviary::Model {
 public:
  Starnet(const Params& params, const aviary::ModelContext& context) : dropout_(params.dropout) {
    aviary::require_image_size(context, 32);
    const Variant& variant = *std::ranges::find(variants, params.variant, &Variant::name);
    const Window halving{.size = 3, .stride = 2, .bias = true};
    stem_ = nn::add<nn::ConvNormAct>(nn::add_group(*this, "stem"), "0", context.channels, stem_channels, halving,
                                     Activation::relu6);
    stages_ = nn::add<nn::Sequence>(*this, "stages");
    std::int64_t in = stem_channels;
    std::int64_t out = variant.channels;
    for (const std::int64_t blocks : variant.blocks) {
      const auto stage = stages_->append<nn::Sequence>();
      stage->append<nn::ConvNormAct>(in, out, halving, Activation::none);
      for (std::int64_t block = 0; block < blocks; ++block) stage->append<Block>(out);
      in = std::exchange(out, 2 * out);
    }
    norm_ = nn::add<nn::BatchNorm2d>(*this, "norm", in);
    head_ = nn::add<nn::Linear>(*this, "head", in, context.classes);
    // timm cuts the normal at +-2, a hundred deviations away.
    nn::for_each<nn::Conv2d>(*this, [](nn::Conv2d& conv) { nn::fill_normal(conv.weight, 0.02); });
    nn::fill_normal(head_->weight, 0.02);
    nn::fill(head_->bias, 0);
  }

  at::Tensor forward(const at::Tensor& images) override {
    const at::Tensor features = norm_->forward(stages_->forward(stem_->forward(images))).mean({2, 3});
    return head_->forward(at::dropout(features, dropout_, is_training()));
  }

  std::string classifier() const override { return "head"; }

 private:
  double dropout_;
  std::shared_ptr<nn::ConvNormAct> stem_;
  std::shared_ptr<nn::Sequence> stages_;
  std::shared_ptr<nn::BatchNorm2d> norm_;
  std::shared_ptr<nn::Linear> head_;
};

}  // namespace

AVIARY_MODEL("starnet", Starnet, Params, "StarNet s1 to s4 (arXiv 2403.19967)")
