// EfficientNet: Tan and Le, 2019 (arXiv 1905.11946), table 1 and its scaling to B1..B7, as timm builds it (efficientnet.py,
// symmetric padding), with its names and initial weights. Weights that were trained by TensorFlow need other padding and
// another eps: they are not for this network.
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
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

struct Stage {
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t channels;
  std::int64_t repeats;
};

constexpr std::array<Stage, 7> stages = {{
    {.expansion = 1, .kernel = 3, .stride = 1, .channels = 16, .repeats = 1},
    {.expansion = 6, .kernel = 3, .stride = 2, .channels = 24, .repeats = 2},
    {.expansion = 6, .kernel = 5, .stride = 2, .channels = 40, .repeats = 2},
    {.expansion = 6, .kernel = 3, .stride = 2, .channels = 80, .repeats = 3},
    {.expansion = 6, .kernel = 5, .stride = 1, .channels = 112, .repeats = 3},
    {.expansion = 6, .kernel = 5, .stride = 2, .channels = 192, .repeats = 4},
    {.expansion = 6, .kernel = 3, .stride = 1, .channels = 320, .repeats = 1},
}};

struct Variant {
  const char* name;
  double width;
  double depth;
  double dropout;
};

constexpr std::array<Variant, 8> variants = {{
    {"b0", 1.0, 1.0, 0.2},
    {"b1", 1.0, 1.1, 0.2},
    {"b2", 1.1, 1.2, 0.3},
    {"b3", 1.2, 1.4, 0.3},
    {"b4", 1.4, 1.8, 0.4},
    {"b5", 1.6, 2.2, 0.4},
    {"b6", 1.8, 2.6, 0.5},
    {"b7", 2.0, 3.1, 0.5},
}};

struct Params {
  std::string variant = "b0";
  std::optional<double> width_coefficient;
  std::optional<double> depth_coefficient;
  std::optional<std::vector<std::int64_t>> repeats;
  std::optional<double> dropout;
  double drop_connect = 0.2;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("variant", &Params::variant, "the paper's scaling: width, depth and dropout")
        .one_of({"b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"});
    list.add("width_coefficient", &Params::width_coefficient, "factor on all channels, in place of the variant's")
        .above(0)
        .at_most(20);
    list.add("depth_coefficient", &Params::depth_coefficient, "factor on all repeats, rounded up, in place of the variant's")
        .above(0)
        .at_most(20);
    list.add("repeats", &Params::repeats, "blocks of each stage, in place of what depth_coefficient gives")
        .size(7)
        .at_least(1)
        .usual("[1, 2, 2, 3, 3, 4, 1]");
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier, in place of the variant's")
        .at_least(0)
        .below(1)
        .usual("0.2");
    list.add("drop_connect", &Params::drop_connect, "how often blocks' branches are dropped; rises linearly over the blocks")
        .at_least(0)
        .below(1)
        .usual("0.2");
  }
};

// The squeeze-excite of both blocks: a quarter of the block's input channels.
std::shared_ptr<nn::SqueezeExcite> add_se(torch::nn::Module& block, std::int64_t channels, std::int64_t in) {
  const std::int64_t hidden = std::llrint(static_cast<double>(in) * 0.25);
  return nn::add<nn::SqueezeExcite>(block, "se", channels, hidden, nn::SqueezeExcite::efficientnet);
}

struct BlockShape {
  std::int64_t in;
  std::int64_t out;
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;
  double drop_path;

  bool shortcut() const { return stride == 1 && in == out; }
};

// The first stage's block, without expansion.
class DepthwiseSeparable final : public nn::Layer {
 public:
  explicit DepthwiseSeparable(const BlockShape& shape) : shape_(shape) {
    const Window depthwise{.size = shape.kernel, .stride = shape.stride, .groups = shape.in};
    conv_dw_ = nn::add<nn::Conv2d>(*this, "conv_dw", shape.in, shape.in, depthwise);
    bn1_ = nn::add<nn::BatchNorm2d>(*this, "bn1", shape.in, Activation::silu);
    se_ = add_se(*this, shape.in, shape.in);
    conv_pw_ = nn::add<nn::Conv2d>(*this, "conv_pw", shape.in, shape.out);
    bn2_ = nn::add<nn::BatchNorm2d>(*this, "bn2", shape.out);
  }

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor y = bn2_->forward(conv_pw_->forward(se_->forward(bn1_->forward(conv_dw_->forward(x)))));
    return shape_.shortcut() ? nn::drop_path(y, shape_.drop_path, is_training()) + x : y;
  }

 private:
  BlockShape shape_;
  std::shared_ptr<nn::Conv2d> conv_dw_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
  std::shared_ptr<nn::SqueezeExcite> se_;
  std::shared_ptr<nn::Conv2d> conv_pw_;
  std::shared_ptr<nn::BatchNorm2d> bn2_;
};

class InvertedResidual final : public nn::Layer {
 public:
  explicit InvertedResidual(const BlockShape& shape) : shape_(shape) {
    const std::int64_t inner = shape.in * shape.expansion;
    conv_pw_ = nn::add<nn::Conv2d>(*this, "conv_pw", shape.in, inner);
    bn1_ = nn::add<nn::BatchNorm2d>(*this, "bn1", inner, Activation::silu);
    const Window depthwise{.size = shape.kernel, .stride = shape.stride, .groups = inner};
    conv_dw_ = nn::add<nn::Conv2d>(*this, "conv_dw", inner, inner, depthwise);
    bn2_ = nn::add<nn::BatchNorm2d>(*this, "bn2", inner, Activation::silu);
    se_ = add_se(*this, inner, shape.in);
    conv_pwl_ = nn::add<nn::Conv2d>(*this, "conv_pwl", inner, shape.out);
    bn3_ = nn::add<nn::BatchNorm2d>(*this, "bn3", shape.out);
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = bn1_->forward(conv_pw_->forward(x));
    y = se_->forward(bn2_->forward(conv_dw_->forward(y)));
    y = bn3_->forward(conv_pwl_->forward(y));
    return shape_.shortcut() ? nn::drop_path(y, shape_.drop_path, is_training()) + x : y;
  }

 private:
  BlockShape shape_;
  std::shared_ptr<nn::Conv2d> conv_pw_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
  std::shared_ptr<nn::Conv2d> conv_dw_;
  std::shared_ptr<nn::BatchNorm2d> bn2_;
  std::shared_ptr<nn::SqueezeExcite> se_;
  std::shared_ptr<nn::Conv2d> conv_pwl_;
  std::shared_ptr<nn::BatchNorm2d> bn3_;
};

const Variant& variant_of(const Params& params) { return variants[static_cast<std::size_t>(params.variant.at(1) - '0')]; }

std::vector<std::int64_t> repeats_of(const Params& params) {
  if (params.repeats) return *params.repeats;
  const double depth = params.depth_coefficient.value_or(variant_of(params).depth);
  std::vector<std::int64_t> repeats;
  for (const Stage& stage : stages)
    repeats.push_back(static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.repeats) * depth)));
  return repeats;
}

class Efficientnet final : public aviary::Model {
 public:
  Efficientnet(const Params& params, const aviary::ModelContext& context)
      : dropout_(params.dropout.value_or(variant_of(params).dropout)) {
    aviary::require_image_size(context, 32);
    const double width = params.width_coefficient.value_or(variant_of(params).width);
    const auto channels = [&](std::int64_t base) { return nn::make_divisible(static_cast<double>(base) * width, 8); };
    std::int64_t in = channels(32);
    conv_stem_ = nn::add<nn::Conv2d>(*this, "conv_stem", context.channels, in, Window{.size = 3, .stride = 2});
    bn1_ = nn::add<nn::BatchNorm2d>(*this, "bn1", in, Activation::silu);
    blocks_ = nn::add<nn::Sequence>(*this, "blocks");
    const std::vector<std::int64_t> repeats = repeats_of(params);
    const std::int64_t count = std::accumulate(repeats.begin(), repeats.end(), std::int64_t{0});
    std::int64_t number = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const auto stage = blocks_->append<nn::Sequence>();
      for (std::int64_t block = 0; block < repeats[i]; ++block) {
        // As timm and the TensorFlow original count: the last block stays a step below the setting.
        const double drop_path = params.drop_connect * static_cast<double>(number++) / static_cast<double>(count);
        const std::int64_t stride = block == 0 ? stages[i].stride : 1;
        const BlockShape shape{in, channels(stages[i].channels), stages[i].expansion, stages[i].kernel, stride, drop_path};
        if (shape.expansion == 1)
          stage->append<DepthwiseSeparable>(shape);
        else
          stage->append<InvertedResidual>(shape);
        in = shape.out;
      }
    }
    const std::int64_t last = channels(1280);
    conv_head_ = nn::add<nn::Conv2d>(*this, "conv_head", in, last);
    bn2_ = nn::add<nn::BatchNorm2d>(*this, "bn2", last, Activation::silu);
    classifier_ = nn::add<nn::Linear>(*this, "classifier", last, context.classes);
    nn::init_efficientnet(*this);
  }

  at::Tensor forward(const at::Tensor& images) override {
    const at::Tensor x = blocks_->forward(bn1_->forward(conv_stem_->forward(images)));
    const at::Tensor features = bn2_->forward(conv_head_->forward(x)).mean({2, 3});
    return classifier_->forward(at::dropout(features, dropout_, is_training()));
  }

  std::string classifier() const override { return "classifier"; }

 private:
  double dropout_;
  std::shared_ptr<nn::Conv2d> conv_stem_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
  std::shared_ptr<nn::Sequence> blocks_;
  std::shared_ptr<nn::Conv2d> conv_head_;
  std::shared_ptr<nn::BatchNorm2d> bn2_;
  std::shared_ptr<nn::Linear> classifier_;
};

}  // namespace

AVIARY_MODEL("efficientnet", Efficientnet, Params, "EfficientNet B0 to B7 (arXiv 1905.11946)")
