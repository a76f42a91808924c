// A network. It is a torch::nn::Module: what it registers is what is trained, saved and counted, under the names it registers
// it with. Known networks keep timm's or torchvision's names, so that weights can be exchanged.
//
// The host makes a model from its settings and a Context, moves it to channels-last memory and to the device, and calls it from
// one thread. Whether it trains or evaluates is the module's own train(); dropout must follow it.
//
//   class Tiny final : public aviary::Model {
//    public:
//     Tiny(const Params& params, const aviary::ModelContext& context);
//     at::Tensor forward(const at::Tensor& images) override;
//     std::string classifier() const override { return "head"; }
//   };
//   AVIARY_MODEL("tiny", Tiny, Params, "One convolution and a linear layer")
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <aviary/api.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

struct ModelContext {
  std::int64_t classes;     ///< width of the logits
  std::int64_t channels;    ///< of the pictures: 3
  std::int64_t image_size;  ///< height and width of the pictures it will be trained with; others may come
};

/// Throws Error unless the pictures are at least as large as the network's stride, the factor by which it makes them smaller.
AVIARY_API void require_image_size(const ModelContext& context, std::int64_t stride);

class AVIARY_API Model : public torch::nn::Module {
 public:
  using Context = ModelContext;
  static constexpr Kind kind = Kind::model;

  ~Model() override;

  /// images: N x channels x H x W, normalised, channels-last. Returns logits, N x classes. Random draws (dropout) come
  /// from LibTorch's generator, which the host seeds before every call. Throws Error when the pictures are too small.
  virtual at::Tensor forward(const at::Tensor& images) = 0;

  /// The registered name of the layer whose output are the logits ("head.fc"): weights for another number of classes are taken
  /// over without it.
  virtual std::string classifier() const = 0;
};

}  // namespace aviary

#define AVIARY_MODEL(name, Class, Params, summary) AVIARY_COMPONENT(::aviary::Model, "model", name, Class, Params, summary)
