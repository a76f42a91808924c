#include <aviary/model.hpp>

#include <cstdint>
#include <string>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace {

struct Params {
  std::int64_t features = 16;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("features", &Params::features, "channels of the convolution").at_least(1);
  }
};

class GuestModel final : public aviary::Model {
 public:
  GuestModel(const Params& params, const aviary::ModelContext& context)
      : patches_(register_module("patches",
                                 torch::nn::Conv2d(torch::nn::Conv2dOptions(context.channels, params.features, 4).stride(4)))),
        head_(register_module("head", torch::nn::Linear(params.features * (context.image_size / 4) * (context.image_size / 4),
                                                        context.classes))) {}

  at::Tensor forward(const at::Tensor& images) override { return head_->forward(patches_->forward(images).relu_().flatten(1)); }

  std::string classifier() const override { return "head"; }

 private:
  torch::nn::Conv2d patches_;
  torch::nn::Linear head_;
};

}  // namespace

AVIARY_MODEL("guest_model", GuestModel, Params, "A linear layer over patches")
