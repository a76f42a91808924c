// ReXNet: Han et al., 2020 (arXiv 2007.00992), as timm builds it (rexnet.py), with its names and initial weights. At width 1.0:
//
//   stage   blocks   first stride   expansion   squeeze-excite
//   1       1        1              1           no
//   2       2        2              6           no
//   3       2        2              6           yes
//   4       3        2              6           yes
//   5       3        1              6           yes
//   6       5        2              6           yes
//
// Channels grow by the same number from block to block, over all stages (paper, section 4.2): 16, 27, 38, ... 185.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/cat.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

struct Stage {
  std::int64_t blocks;
  std::int64_t stride;
  std::int64_t expansion;
  bool squeeze;
};

constexpr std::array<Stage, 6> stages = {{
    {.blocks = 1, .stride = 1, .expansion = 1, .squeeze = false},
    {.blocks = 2, .stride = 2, .expansion = 6, .squeeze = false},
    {.blocks = 2, .stride = 2, .expansion = 6, .squeeze = true},
    {.blocks = 3, .stride = 2, .expansion = 6, .squeeze = true},
    {.blocks = 3, .stride = 1, .expansion = 6, .squeeze = true},
    {.blocks = 5, .stride = 2, .expansion = 6, .squeeze = true},
}};

struct Params {
  double width_mult = 1.0;
  double depth_mult = 1.0;
  double dropout = 0.2;
  double drop_path = 0;
  double se_ratio = 1.0 / 12;
  std::int64_t initial_channels = 16;
  std::int64_t final_channels = 180;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("width_mult", &Params::width_mult, "factor on all channels").above(0).at_most(20).usual("1.0 to 3.0");
    list.add("depth_mult", &Params::depth_mult, "factor on the blocks of every stage, rounded up")
        .above(0)
        .at_most(20)
        .usual("1.0");
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier").at_least(0).below(1).usual("0.2");
    list.add("drop_path", &Params::drop_path, "how often the last block's branch is dropped; rises linearly over the blocks")
        .at_least(0)
        .below(1)
        .usual("0.1");
    list.add("se_ratio", &Params::se_ratio, "hidden channels of squeeze-excite, of a block's expanded ones; 0: none")
        .at_least(0)
        .at_most(1);
    list.add("initial_channels", &Params::initial_channels, "channels of the first block, before width_mult").at_least(1);
    list.add("final_channels", &Params::final_channels, "growth of the channels over all blocks, before width_mult")
        .at_least(0);
  }
};

struct BlockShape {
  std::int64_t in;
  std::int64_t out;
  std::int64_t expansion;
  std::int64_t stride;
  std::int64_t squeezed;  ///< hidden channels of squeeze-excite, 0: none
  double drop_path;
};

class LinearBottleneck final : public nn::Layer {
 public:
  explicit LinearBottleneck(const BlockShape& shape)
      : shortcut_(shape.stride == 1 && shape.in <= shape.out), in_(shape.in), out_(shape.out), drop_path_(shape.drop_path) {
    const std::int64_t inner = shape.in * shape.expansion;
    if (shape.expansion != 1)
      conv_exp_ = nn::add<nn::ConvNormAct>(*this, "conv_exp", shape.in, inner, Window{}, Activation::silu);
    const Window depthwise{.size = 3, .stride = shape.stride, .groups = inner};
    const bool squeezes = shape.squeezed > 0;
    conv_dw_ =
        nn::add<nn::ConvNormAct>(*this, "conv_dw", inner, inner, depthwise, squeezes ? Activation::none : Activation::relu6);
    if (squeezes) se_ = nn::add<nn::SqueezeExcite>(*this, "se", inner, shape.squeezed, nn::SqueezeExcite::rexnet);
    conv_pwl_ = nn::add<nn::ConvNormAct>(*this, "conv_pwl", inner, shape.out, Window{}, Activation::none);
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = conv_dw_->forward(conv_exp_ ? conv_exp_->forward(x) : x);
    if (se_) y = se_->forward(y);
    y = conv_pwl_->forward(y);
    if (!shortcut_) return y;
    y = nn::drop_path(y, drop_path_, is_training());
    if (in_ == out_) return y + x;
    return at::cat({y.narrow(1, 0, in_) + x, y.narrow(1, in_, out_ - in_)}, 1);
  }

 private:
  bool shortcut_;
  std::int64_t in_;
  std::int64_t out_;
  std::shared_ptr<nn::ConvNormAct> conv_exp_;
  std::shared_ptr<nn::ConvNormAct> conv_dw_;
  std::shared_ptr<nn::SqueezeExcite> se_;
  std::shared_ptr<nn::ConvNormAct> conv_pwl_;
  double drop_path_;
};

std::int64_t scaled(double channels, double width_mult) {
  return std::max<std::int64_t>(1, std::llrint(channels * width_mult));  // Python's round: halves to even
}

// The shapes of all blocks, one stage after the other.
std::vector<BlockShape> blocks(const Params& params, std::int64_t in) {
  std::vector<std::pair<Stage, std::int64_t>> places;  // stage and stride of every block
  for (const Stage& stage : stages) {
    const auto count = static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.blocks) * params.depth_mult));
    for (std::int64_t block = 0; block < count; ++block) places.emplace_back(stage, block == 0 ? stage.stride : 1);
  }
  const double initial = static_cast<double>(params.initial_channels) / std::min(params.width_mult, 1.0);
  std::vector<BlockShape> shapes;
  for (const auto& [stage, stride] : places) {
    const double share = static_cast<double>(shapes.size()) / static_cast<double>(places.size());
    const std::int64_t out = scaled(initial + static_cast<double>(params.final_channels) * share, params.width_mult);
    const double inner = static_cast<double>(in * stage.expansion);
    shapes.push_back(
        {.in = in,
         .out = out,
         .expansion = stage.expansion,
         .stride = stride,
         .squeezed = stage.squeeze ? static_cast<std::int64_t>(inner * params.se_ratio) : 0,
         .drop_path = params.drop_path * static_cast<double>(shapes.size()) / static_cast<double>(places.size() - 1)});
    in = out;
  }
  return shapes;
}

class Rexnet final : public aviary::Model {
 public:
  Rexnet(const Params& params, const aviary::ModelContext& context) {
    aviary::require_image_size(context, 32);
    const std::int64_t stem = scaled(32 / std::min(params.width_mult, 1.0), params.width_mult);
    stem_ = nn::add<nn::ConvNormAct>(*this, "stem", context.channels, stem, Window{.size = 3, .stride = 2}, Activation::silu);
    features_ = nn::add<nn::Sequence>(*this, "features");
    const std::vector<BlockShape> shapes = blocks(params, stem);
    for (const BlockShape& shape : shapes) features_->append<LinearBottleneck>(shape);
    const std::int64_t last = scaled(1280, params.width_mult);
    features_->append<nn::ConvNormAct>(shapes.back().out, last, Window{}, Activation::silu);
    head_ = nn::add<nn::ClassifierHead>(*this, "head", last, context.classes, params.dropout);
    nn::init_efficientnet(*this);
  }

  at::Tensor forward(const at::Tensor& images) override { return head_->forward(features_->forward(stem_->forward(images))); }

  std::string classifier() const override { return "head.fc"; }

 private:
  std::shared_ptr<nn::ConvNormAct> stem_;
  std::shared_ptr<nn::Sequence> features_;
  std::shared_ptr<nn::ClassifierHead> head_;
};

}  // namespace

AVIARY_MODEL("rexnet", Rexnet, Params, "ReXNet (arXiv 2007.00992)")
