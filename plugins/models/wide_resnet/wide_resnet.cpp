// Wide residual networks: Zagoruyko and Komodakis, 2016 (arXiv 1605.07146), table 1:
//
//   group   output size   kernels
//   conv1   32 x 32       3x3, 16
//   conv2   32 x 32       N units of two 3x3, 16 k
//   conv3   16 x 16       N units of two 3x3, 32 k
//   conv4   8 x 8         N units of two 3x3, 64 k
//   pool    1 x 1         average
//
// with N = (depth - 4) / 6 and k the width. Names are those of the WRN example in davda54/sam, so that weights can be
// exchanged. That example builds one unit more per group (extra_unit), so that its "16" is 22 convolutions deep; the deck's
// parameter counts fit that reading. stem = "large" is ours, for pictures of about 224 pixels: 7x7 with stride 2 and max
// pooling.
#include <aviary/model.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/dropout.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace {

namespace nn = torch::nn;

struct Params {
  std::int64_t depth = 16;
  std::int64_t width = 4;
  bool extra_unit = false;
  double dropout = 0;
  std::string stem = "small";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("depth", &Params::depth, "convolutions from stem to classifier: 6 N + 4").at_least(10).usual("16, 28 or 40");
    list.add("width", &Params::width, "factor k on the channels 16, 32, 64").at_least(1).usual("2 to 10");
    list.add("extra_unit", &Params::extra_unit, "one unit more per group, as the SAM example builds it");
    list.add("dropout", &Params::dropout, "share of channels' values dropped within a unit").at_least(0).below(1);
    list.add("stem", &Params::stem, "first layers: 3x3, or 7x7 with stride 2 and pooling").one_of({"small", "large"});
    list.rule(
        "depth", [](const Params& params) { return (params.depth - 4) % 6 == 0; },
        "must be 6 N + 4: 10, 16, 22, 28, 34, 40, ...");
  }
};

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  nn::Conv2d layer(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
  nn::init::kaiming_normal_(layer->weight, 0, torch::kFanIn, torch::kReLU);
  return layer;
}

// The part of a unit that both kinds share, under the numbers that its layers have in the example.
struct Branch {
  nn::Conv2d first = nullptr;
  nn::BatchNorm2d norm = nullptr;
  nn::Conv2d second = nullptr;

  Branch(nn::Module& block, int number, std::int64_t in, std::int64_t out, std::int64_t stride, double dropout)
      : dropout_(dropout) {
    const auto name = [&](const char* layer) { return std::to_string(number++) + layer; };
    first = block.register_module(name("_convolution"), convolution(in, out, 3, stride));
    norm = block.register_module(name("_normalization"), nn::BatchNorm2d(out));
    number += 2;  // activation and dropout have no parameters
    second = block.register_module(name("_convolution"), convolution(out, out, 3, 1));
  }

  at::Tensor forward(const at::Tensor& activated, bool training) {
    const at::Tensor inner = norm->forward(first->forward(activated)).relu_();
    return second->forward(at::dropout(inner, dropout_, training));
  }

 private:
  double dropout_;
};

struct Unit : nn::Module {
  virtual at::Tensor forward(const at::Tensor& x) = 0;
};

// Opens a group: branch and shortcut both start from the activated input.
struct DownsampleUnit final : Unit {
  DownsampleUnit(std::int64_t in, std::int64_t out, std::int64_t stride, double dropout)
      : norm_(register_module("norm_act", std::make_shared<nn::Module>())
                  ->register_module("0_normalization", nn::BatchNorm2d(in))),
        branch_(*register_module("block", std::make_shared<nn::Module>()), 0, in, out, stride, dropout),
        downsample_(register_module("downsample", convolution(in, out, 1, stride))) {}

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor activated = norm_->forward(x).relu_();
    return branch_.forward(activated, is_training()).add_(downsample_->forward(activated));
  }

 private:
  nn::BatchNorm2d norm_;
  Branch branch_;
  nn::Conv2d downsample_;
};

struct BasicUnit final : Unit {
  BasicUnit(std::int64_t channels, double dropout)
      : block_(register_module("block", std::make_shared<nn::Module>())),
        norm_(block_->register_module("0_normalization", nn::BatchNorm2d(channels))),
        branch_(*block_, 2, channels, channels, 1, dropout) {}

  at::Tensor forward(const at::Tensor& x) override { return branch_.forward(norm_->forward(x).relu_(), is_training()).add_(x); }

 private:
  std::shared_ptr<nn::Module> block_;
  nn::BatchNorm2d norm_;
  Branch branch_;
};

class WideResnet final : public aviary::Model {
 public:
  WideResnet(const Params& params, const aviary::ModelContext& context) : large_stem_(params.stem == "large") {
    nn::Module& f = *register_module("f", std::make_shared<nn::Module>());
    stem_ = f.register_module("0_convolution",
                              large_stem_ ? convolution(context.channels, 16, 7, 2) : convolution(context.channels, 16, 3, 1));
    const std::int64_t units = (params.depth - 4) / 6 + (params.extra_unit ? 1 : 0);
    std::int64_t in = 16;
    for (const int group : {1, 2, 3}) {
      const std::int64_t out = (8 << group) * params.width;
      nn::Module& block = *f.register_module(std::to_string(group) + "_block", std::make_shared<nn::Module>())
                               ->register_module("block", std::make_shared<nn::Module>());
      units_.push_back(
          block.register_module("0", std::make_shared<DownsampleUnit>(in, out, group == 1 ? 1 : 2, params.dropout)));
      for (std::int64_t unit = 1; unit < units; ++unit)
        units_.push_back(block.register_module(std::to_string(unit), std::make_shared<BasicUnit>(out, params.dropout)));
      in = out;
    }
    norm_ = f.register_module("4_normalization", nn::BatchNorm2d(in));
    classifier_ = f.register_module("8_classification", nn::Linear(in, context.classes));
    nn::init::zeros_(classifier_->weight);
    nn::init::zeros_(classifier_->bias);
  }

  at::Tensor forward(const at::Tensor& images) override {
    at::Tensor x = stem_->forward(images);
    if (large_stem_) x = at::max_pool2d(x, 3, 2, 1);
    for (const auto& unit : units_) x = unit->forward(x);
    return classifier_->forward(norm_->forward(x).relu_().mean({2, 3}));
  }

  std::string classifier() const override { return "f.8_classification"; }

 private:
  bool large_stem_;
  nn::Conv2d stem_ = nullptr;
  std::vector<std::shared_ptr<Unit>> units_;
  nn::BatchNorm2d norm_ = nullptr;
  nn::Linear classifier_ = nullptr;
};

}  // namespace

AVIARY_MODEL("wide_resnet", WideResnet, Params, "Wide residual network (arXiv 1605.07146)")
