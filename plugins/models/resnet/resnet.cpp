// Residual networks: He et al., 2015 (arXiv 1512.03385), table 1, as torchvision builds them (resnet.py; the bottleneck's
// stride stands in its 3x3 convolution), with its names and initial weights. stem = "small" is for pictures of about 32 pixels:
// one 3x3 convolution in place of 7x7 with stride 2 and pooling.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ops/dropout.h>
#include <ATen/ops/max_pool2d.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

struct Depth {
  std::int64_t depth;
  bool bottleneck;
  std::array<std::int64_t, 4> blocks;
};

constexpr std::array<Depth, 3> depths = {{
    {.depth = 18, .bottleneck = false, .blocks = {2, 2, 2, 2}},
    {.depth = 34, .bottleneck = false, .blocks = {3, 4, 6, 3}},
    {.depth = 50, .bottleneck = true, .blocks = {3, 4, 6, 3}},
}};

struct Params {
  std::int64_t depth = 18;
  std::int64_t base = 64;
  double growth = 2;
  std::optional<std::vector<std::int64_t>> channels;
  std::string stem = "large";
  bool zero_init_last = false;
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("depth", &Params::depth, "18 and 34 have basic blocks, 50 bottlenecks").at_least(18).at_most(50);
    list.add("base", &Params::base, "channels of the first stage").at_least(1).at_most(65536).usual("64");
    list.add("growth", &Params::growth, "factor on the channels from stage to stage").above(0).at_most(16).usual("2");
    list.add("channels", &Params::channels, "channels of each stage, in place of base and growth")
        .size(4)
        .at_least(1)
        .usual("[64, 128, 256, 512]");
    list.add("stem", &Params::stem, "first layers: 7x7 with stride 2 and pooling, or 3x3").one_of({"large", "small"});
    list.add("zero_init_last", &Params::zero_init_last, "start every block as its shortcut: its last norm's scale is 0");
    list.add("dropout", &Params::dropout, "share of values dropped before the classifier").at_least(0).below(1);
    list.rule(
        "depth", [](const Params& params) { return params.depth == 18 || params.depth == 34 || params.depth == 50; },
        "must be 18, 34 or 50");
  }
};

struct BlockShape {
  std::int64_t in;
  std::int64_t channels;
  std::int64_t out;
  std::int64_t stride;
};

// A residual block of either kind: convolutions and norms in a row, and a shortcut.
class Block final : public nn::Layer {
 public:
  Block(const BlockShape& shape, bool bottleneck, bool zero_init_last) {
    if (bottleneck) {
      add(shape.in, shape.channels, {}, Activation::relu);
      add(shape.channels, shape.channels, {.size = 3, .stride = shape.stride}, Activation::relu);
      add(shape.channels, shape.out, {}, Activation::none);
    } else {
      add(shape.in, shape.channels, {.size = 3, .stride = shape.stride}, Activation::relu);
      add(shape.channels, shape.out, {.size = 3}, Activation::none);
    }
    if (zero_init_last) nn::fill(norms_.back()->weight, 0);
    if (shape.stride != 1 || shape.in != shape.out) {
      downsample_ = nn::add<nn::Sequence>(*this, "downsample");
      downsample_->append<nn::Conv2d>(shape.in, shape.out, Window{.stride = shape.stride});
      downsample_->append<nn::BatchNorm2d>(shape.out);
    }
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = x;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) y = norms_[i]->forward(convolutions_[i]->forward(y));
    return nn::activate(y + (downsample_ ? downsample_->forward(x) : x), Activation::relu);
  }

 private:
  void add(std::int64_t in, std::int64_t out, Window window, Activation activation) {
    const std::string number = std::to_string(convolutions_.size() + 1);
    convolutions_.push_back(nn::add<nn::Conv2d>(*this, "conv" + number, in, out, window));
    norms_.push_back(nn::add<nn::BatchNorm2d>(*this, "bn" + number, out, activation));
  }

  std::vector<std::shared_ptr<nn::Conv2d>> convolutions_;
  std::vector<std::shared_ptr<nn::BatchNorm2d>> norms_;
  std::shared_ptr<nn::Sequence> downsample_;
};

const Depth& depth_of(const Params& params) {
  return params.depth == 18 ? depths[0] : params.depth == 34 ? depths[1] : depths[2];
}

std::vector<std::int64_t> channels_of(const Params& params) {
  if (params.channels) return *params.channels;
  std::vector<std::int64_t> channels;
  for (int stage = 0; stage < 4; ++stage)
    channels.push_back(std::max(std::int64_t{1}, static_cast<std::int64_t>(std::llround(static_cast<double>(params.base) *
                                                                                        std::pow(params.growth, stage)))));
  return channels;
}

class Resnet final : public aviary::Model {
 public:
  Resnet(const Params& params, const aviary::ModelContext& context)
      : large_stem_(params.stem == "large"), dropout_(params.dropout) {
    aviary::require_image_size(context, large_stem_ ? 32 : 8);
    const Depth& depth = depth_of(params);
    const std::vector<std::int64_t> channels = channels_of(params);
    std::int64_t in = channels[0];
    const Window stem = large_stem_ ? Window{.size = 7, .stride = 2} : Window{.size = 3};
    conv1_ = nn::add<nn::Conv2d>(*this, "conv1", context.channels, in, stem);
    bn1_ = nn::add<nn::BatchNorm2d>(*this, "bn1", in, Activation::relu);
    for (std::size_t i = 0; i < 4; ++i) {
      stages_[i] = nn::add<nn::Sequence>(*this, "layer" + std::to_string(i + 1));
      const std::int64_t out = channels[i] * (depth.bottleneck ? 4 : 1);
      for (std::int64_t block = 0; block < depth.blocks[i]; ++block) {
        const std::int64_t stride = block == 0 && i > 0 ? 2 : 1;
        stages_[i]->append<Block>(BlockShape{in, channels[i], out, stride}, depth.bottleneck, params.zero_init_last);
        in = out;
      }
    }
    fc_ = nn::add<nn::Linear>(*this, "fc", in, context.classes);
    nn::init_convolutions_fan_out(*this);
  }

  at::Tensor forward(const at::Tensor& images) override {
    at::Tensor x = bn1_->forward(conv1_->forward(images));
    if (large_stem_) x = at::max_pool2d(x, 3, 2, 1);
    for (const auto& stage : stages_) x = stage->forward(x);
    return fc_->forward(at::dropout(x.mean({2, 3}), dropout_, is_training()));
  }

  std::string classifier() const override { return "fc"; }

 private:
  bool large_stem_;
  double dropout_;
  std::shared_ptr<nn::Conv2d> conv1_;
  std::shared_ptr<nn::BatchNorm2d> bn1_;
  std::array<std::shared_ptr<nn::Sequence>, 4> stages_;
  std::shared_ptr<nn::Linear> fc_;
};

}  // namespace

AVIARY_MODEL("resnet", Resnet, Params, "ResNet 18, 34 and 50 (arXiv 1512.03385)")
