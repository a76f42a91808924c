// A small convolutional network. Every stage is a 3x3 convolution with stride 2, a batch normalisation and a ReLU: it halves the
// picture and doubles the channels. The mean over what is left of the picture goes into a linear layer.
#include <aviary/model.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/dropout.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace {

namespace nn = torch::nn;

struct Params {
  std::int64_t width = 16;
  std::int64_t stages = 3;
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("width", &Params::width, "channels of the first stage").at_least(1).at_most(1024).usual("16");
    list.add("stages", &Params::stages, "how often the picture is halved").at_least(1).at_most(8).usual("3");
    list.add("dropout", &Params::dropout, "share of the features dropped before the classifier").at_least(0).below(1);
  }
};

struct Stage final : nn::Module {
  Stage(std::int64_t in, std::int64_t out)
      : conv_(register_module("conv", nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(2).padding(1).bias(false)))),
        norm_(register_module("norm", nn::BatchNorm2d(out))) {}

  at::Tensor forward(const at::Tensor& x) { return norm_->forward(conv_->forward(x)).relu_(); }

 private:
  nn::Conv2d conv_;
  nn::BatchNorm2d norm_;
};

class @Name@ final : public aviary::Model {
 public:
  @Name@(const Params& params, const aviary::ModelContext& context) : dropout_(params.dropout) {
    nn::Module& stages = *register_module("stages", std::make_shared<nn::Module>());
    std::int64_t in = context.channels;
    for (std::int64_t number = 0; number < params.stages; ++number) {
      const std::int64_t out = params.width << number;
      stages_.push_back(stages.register_module(std::to_string(number), std::make_shared<Stage>(in, out)));
      in = out;
    }
    head_ = register_module("head", nn::Linear(in, context.classes));
  }

  at::Tensor forward(const at::Tensor& images) override {
    at::Tensor x = images;
    for (const auto& stage : stages_) x = stage->forward(x);
    return head_->forward(at::dropout(x.mean({2, 3}), dropout_, is_training()));
  }

  std::string classifier() const override { return "head"; }

 private:
  double dropout_;
  std::vector<std::shared_ptr<Stage>> stages_;
  nn::Linear head_ = nullptr;
};

}  // namespace

AVIARY_MODEL("@name@", @Name@, Params, "A small convolutional network")
