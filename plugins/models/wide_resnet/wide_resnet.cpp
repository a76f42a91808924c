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
#include <cstdint>
#include <memory>
#include <string>

#include <ATen/ops/dropout.h>
#include <ATen/ops/max_pool2d.h>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

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

// The part of a unit that both kinds share, under the numbers that its layers have in the example.
class Branch {
 public:
  Branch(torch::nn::Module& block, int number, std::int64_t in, std::int64_t out, std::int64_t stride, double dropout)
      : dropout_(dropout) {
    const auto name = [&](const char* layer) { return std::to_string(number++) + layer; };
    first_ = nn::add<nn::Conv2d>(block, name("_convolution"), in, out, Window{.size = 3, .stride = stride});
    norm_ = nn::add<nn::BatchNorm2d>(block, name("_normalization"), out, Activation::relu);
    number += 2;  // activation and dropout have no parameters
    second_ = nn::add<nn::Conv2d>(block, name("_convolution"), out, out, Window{.size = 3});
  }

  at::Tensor forward(const at::Tensor& activated, bool training) const {
    const at::Tensor inner = norm_->forward(first_->forward(activated));
    return second_->forward(at::dropout(inner, dropout_, training));
  }

 private:
  std::shared_ptr<nn::Conv2d> first_;
  std::shared_ptr<nn::BatchNorm2d> norm_;
  std::shared_ptr<nn::Conv2d> second_;
  double dropout_;
};

// Opens a group: branch and shortcut both start from the activated input.
class DownsampleUnit final : public nn::Layer {
 public:
  DownsampleUnit(std::int64_t in, std::int64_t out, std::int64_t stride, double dropout)
      : norm_(nn::add<nn::BatchNorm2d>(nn::add_group(*this, "norm_act"), "0_normalization", in, Activation::relu)),
        branch_(nn::add_group(*this, "block"), 0, in, out, stride, dropout),
        downsample_(nn::add<nn::Conv2d>(*this, "downsample", in, out, Window{.stride = stride})) {}

  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor activated = norm_->forward(x);
    return branch_.forward(activated, is_training()).add_(downsample_->forward(activated));
  }

 private:
  std::shared_ptr<nn::BatchNorm2d> norm_;
  Branch branch_;
  std::shared_ptr<nn::Conv2d> downsample_;
};

class BasicUnit final : public nn::Layer {
 public:
  BasicUnit(std::int64_t channels, double dropout)
      : block_(nn::add_group(*this, "block")),
        norm_(nn::add<nn::BatchNorm2d>(block_, "0_normalization", channels, Activation::relu)),
        branch_(block_, 2, channels, channels, 1, dropout) {}

  at::Tensor forward(const at::Tensor& x) override { return branch_.forward(norm_->forward(x), is_training()).add_(x); }

 private:
  torch::nn::Module& block_;
  std::shared_ptr<nn::BatchNorm2d> norm_;
  Branch branch_;
};

class WideResnet final : public aviary::Model {
 public:
  WideResnet(const Params& params, const aviary::ModelContext& context) : large_stem_(params.stem == "large") {
    torch::nn::Module& f = nn::add_group(*this, "f");
    const Window stem = large_stem_ ? Window{.size = 7, .stride = 2} : Window{.size = 3};
    stem_ = nn::add<nn::Conv2d>(f, "0_convolution", context.channels, 16, stem);
    const std::int64_t units = (params.depth - 4) / 6 + (params.extra_unit ? 1 : 0);
    std::int64_t in = 16;
    for (const int group : {1, 2, 3}) {
      const std::int64_t out = (8 << group) * params.width;
      groups_[group - 1] = nn::add<nn::Sequence>(nn::add_group(f, std::to_string(group) + "_block"), "block");
      groups_[group - 1]->append<DownsampleUnit>(in, out, group == 1 ? 1 : 2, params.dropout);
      for (std::int64_t unit = 1; unit < units; ++unit) groups_[group - 1]->append<BasicUnit>(out, params.dropout);
      in = out;
    }
    norm_ = nn::add<nn::BatchNorm2d>(f, "4_normalization", in, Activation::relu);
    classifier_ = nn::add<nn::Linear>(f, "8_classification", in, context.classes);
    nn::init_convolutions_fan_in(*this);
    nn::fill(classifier_->weight, 0);
    nn::fill(classifier_->bias, 0);
  }

  at::Tensor forward(const at::Tensor& images) override {
    at::Tensor x = stem_->forward(images);
    if (large_stem_) x = at::max_pool2d(x, 3, 2, 1);
    for (const auto& group : groups_) x = group->forward(x);
    return classifier_->forward(norm_->forward(x).mean({2, 3}));
  }

  std::string classifier() const override { return "f.8_classification"; }

 private:
  bool large_stem_;
  std::shared_ptr<nn::Conv2d> stem_;
  std::shared_ptr<nn::Sequence> groups_[3];
  std::shared_ptr<nn::BatchNorm2d> norm_;
  std::shared_ptr<nn::Linear> classifier_;
};

}  // namespace

AVIARY_MODEL("wide_resnet", WideResnet, Params, "Wide residual network (arXiv 1605.07146)")
