// MobileViT: Mehta and Rastegari, 2021 (arXiv 2110.02178), table 4, as timm builds version 1 (mobilevit.py, byobnet.py), with
// its names and initial weights:
//
//   stage   layers                                                  stride
//   stem    3x3 convolution, 16 channels                            2
//   1       1 inverted residual                                     1
//   2       3 inverted residuals                                    2
//   3 to 5  1 inverted residual, 1 MobileViT block (2, 4, 3 deep)   2
//   last    1x1 convolution, four times as many channels            1
//
// In a MobileViT block attention runs among the pixels that have the same place in their patch of 2 x 2.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

struct Variant {
  const char* name;
  std::int64_t expansion;
  std::array<std::int64_t, 5> channels;
  std::array<std::int64_t, 3> transformer_channels;
  std::int64_t last;
};

constexpr std::array<Variant, 3> variants = {{
    {.name = "xxs", .expansion = 2, .channels = {16, 24, 48, 64, 80}, .transformer_channels = {64, 80, 96}, .last = 320},
    {.name = "xs", .expansion = 4, .channels = {32, 48, 64, 80, 96}, .transformer_channels = {96, 120, 144}, .last = 384},
    {.name = "s", .expansion = 4, .channels = {32, 64, 96, 128, 160}, .transformer_channels = {144, 192, 240}, .last = 640},
}};

constexpr std::array<std::int64_t, 3> transformer_depths = {2, 4, 3};
constexpr std::int64_t heads = 4;
constexpr std::int64_t patch = 2;

struct Params {
  std::string variant = "xs";
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("variant", &Params::variant, "the paper's sizes").one_of({"xxs", "xs", "s"});
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier").at_least(0).below(1).usual("0.1");
  }
};

class InvertedResidual final : public nn::Layer {
 public:
  InvertedResidual(std::int64_t in, std::int64_t out, std::int64_t expansion, std::int64_t stride)
      : shortcut_(stride == 1 && in == out) {
    const std::int64_t inner = nn::make_divisible(static_cast<double>(in * expansion), 8);
    const Window depthwise{.size = 3, .stride = stride, .groups = inner};
    expand_ = nn::add<nn::ConvNormAct>(*this, "conv1_1x1", in, inner, Window{}, Activation::silu);
    depthwise_ = nn::add<nn::ConvNormAct>(*this, "conv2_kxk", inner, inner, depthwise, Activation::silu);
    project_ = nn::add<nn::ConvNormAct>(*this, "conv3_1x1", inner, out, Window{}, Activation::none);
  }

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor y = project_->forward(depthwise_->forward(expand_->forward(x)));
    return shortcut_ ? y + x : y;
  }

 private:
  bool shortcut_;
  std::shared_ptr<nn::ConvNormAct> expand_;
  std::shared_ptr<nn::ConvNormAct> depthwise_;
  std::shared_ptr<nn::ConvNormAct> project_;
};

// Batch x sequence x channels, as all that follows.
class Attention final : public nn::Layer {
 public:
  explicit Attention(std::int64_t channels)
      : qkv_(nn::add<nn::Linear>(*this, "qkv", channels, 3 * channels)),
        proj_(nn::add<nn::Linear>(*this, "proj", channels, channels)) {}

  at::Tensor forward(const at::Tensor& x) override { return proj_->forward(nn::self_attention(qkv_->forward(x), heads)); }

 private:
  std::shared_ptr<nn::Linear> qkv_;
  std::shared_ptr<nn::Linear> proj_;
};

class Mlp final : public nn::Layer {
 public:
  explicit Mlp(std::int64_t channels)
      : fc1_(nn::add<nn::Linear>(*this, "fc1", channels, 2 * channels)),
        fc2_(nn::add<nn::Linear>(*this, "fc2", 2 * channels, channels)) {}

  at::Tensor forward(const at::Tensor& x) override { return fc2_->forward(nn::activate(fc1_->forward(x), Activation::silu)); }

 private:
  std::shared_ptr<nn::Linear> fc1_;
  std::shared_ptr<nn::Linear> fc2_;
};

class TransformerBlock final : public nn::Layer {
 public:
  explicit TransformerBlock(std::int64_t channels)
      : norm1_(nn::add<nn::LayerNorm>(*this, "norm1", channels)),
        attn_(nn::add<Attention>(*this, "attn", channels)),
        norm2_(nn::add<nn::LayerNorm>(*this, "norm2", channels)),
        mlp_(nn::add<Mlp>(*this, "mlp", channels)) {}

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor y = x + attn_->forward(norm1_->forward(x));
    return y + mlp_->forward(norm2_->forward(y));
  }

 private:
  std::shared_ptr<nn::LayerNorm> norm1_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<nn::LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
};

class MobileVitBlock final : public nn::Layer {
 public:
  MobileVitBlock(std::int64_t channels, std::int64_t inner, std::int64_t depth) {
    conv_kxk_ = nn::add<nn::ConvNormAct>(*this, "conv_kxk", channels, channels, Window{.size = 3}, Activation::silu);
    conv_1x1_ = nn::add<nn::Conv2d>(*this, "conv_1x1", channels, inner);
    transformer_ = nn::add<nn::Sequence>(*this, "transformer");
    for (std::int64_t block = 0; block < depth; ++block) transformer_->append<TransformerBlock>(inner);
    norm_ = nn::add<nn::LayerNorm>(*this, "norm", inner);
    conv_proj_ = nn::add<nn::ConvNormAct>(*this, "conv_proj", inner, channels, Window{}, Activation::silu);
    conv_fusion_ = nn::add<nn::ConvNormAct>(*this, "conv_fusion", 2 * channels, channels, Window{.size = 3}, Activation::silu);
  }

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor local = conv_1x1_->forward(conv_kxk_->forward(x));
    return conv_fusion_->forward(at::cat({x, conv_proj_->forward(global(local))}, 1));
  }

 private:
  // The map is made divisible into patches, and given back in its own size. The batch stays -1: a trace keeps all other sizes.
  at::Tensor global(const at::Tensor& x) {
    const std::int64_t channels = x.size(1);
    const std::int64_t rows = (x.size(2) + patch - 1) / patch;
    const std::int64_t columns = (x.size(3) + patch - 1) / patch;
    const bool fits = rows * patch == x.size(2) && columns * patch == x.size(3);
    const at::Tensor map = fits ? x : at::upsample_bilinear2d(x, {rows * patch, columns * patch}, false);
    const at::Tensor places = map.reshape({-1, channels, rows, patch, columns, patch}).permute({0, 3, 5, 2, 4, 1});
    const at::Tensor sequences = places.reshape({-1, rows * columns, channels});
    const at::Tensor y = norm_->forward(transformer_->forward(sequences));
    const at::Tensor folded = y.view({-1, patch, patch, rows, columns, channels})
                                  .permute({0, 5, 3, 1, 4, 2})
                                  .reshape({-1, channels, rows * patch, columns * patch});
    return fits ? folded : at::upsample_bilinear2d(folded, {x.size(2), x.size(3)}, false);
  }

  std::shared_ptr<nn::ConvNormAct> conv_kxk_;
  std::shared_ptr<nn::Conv2d> conv_1x1_;
  std::shared_ptr<nn::Sequence> transformer_;
  std::shared_ptr<nn::LayerNorm> norm_;
  std::shared_ptr<nn::ConvNormAct> conv_proj_;
  std::shared_ptr<nn::ConvNormAct> conv_fusion_;
};

class MobileVit final : public aviary::Model {
 public:
  MobileVit(const Params& params, const aviary::ModelContext& context) {
    aviary::require_image_size(context, 32);
    const Variant& variant = *std::ranges::find(variants, params.variant, &Variant::name);
    const auto& channels = variant.channels;
    stem_ = nn::add<nn::ConvNormAct>(*this, "stem", context.channels, 16, Window{.size = 3, .stride = 2}, Activation::silu);
    stages_ = nn::add<nn::Sequence>(*this, "stages");
    stages_->append<nn::Sequence>()->append<InvertedResidual>(16, channels[0], variant.expansion, 1);
    const auto second = stages_->append<nn::Sequence>();
    second->append<InvertedResidual>(channels[0], channels[1], variant.expansion, 2);
    for (int block = 1; block < 3; ++block) second->append<InvertedResidual>(channels[1], channels[1], variant.expansion, 1);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto stage = stages_->append<nn::Sequence>();
      stage->append<InvertedResidual>(channels[i + 1], channels[i + 2], variant.expansion, 2);
      stage->append<MobileVitBlock>(channels[i + 2], variant.transformer_channels[i], transformer_depths[i]);
    }
    final_conv_ = nn::add<nn::ConvNormAct>(*this, "final_conv", channels[4], variant.last, Window{}, Activation::silu);
    head_ = nn::add<nn::ClassifierHead>(*this, "head", variant.last, context.classes, params.dropout);
    nn::init_convolutions_fan_out(*this);
    nn::for_each<nn::Linear>(*this, [](nn::Linear& linear) {
      nn::fill_normal(linear.weight, 0.01);
      nn::fill(linear.bias, 0);
    });
  }

  at::Tensor forward(const at::Tensor& images) override {
    return head_->forward(final_conv_->forward(stages_->forward(stem_->forward(images))));
  }

  std::string classifier() const override { return "head.fc"; }

 private:
  std::shared_ptr<nn::ConvNormAct> stem_;
  std::shared_ptr<nn::Sequence> stages_;
  std::shared_ptr<nn::ConvNormAct> final_conv_;
  std::shared_ptr<nn::ClassifierHead> head_;
};

}  // namespace

AVIARY_MODEL("mobilevit", MobileVit, Params, "MobileViT, version 1 (arXiv 2110.02178)")
