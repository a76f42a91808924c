// The layers that networks are made of, with PyTorch's names, shapes and initial values, so that weights can be exchanged. They
// are compiled into libaviary: a model made of them does not read LibTorch's headers of layers, which saves half of its
// compile time. A model may use torch::nn's layers beside them.
//
//   auto conv = nn::add<nn::Conv2d>(*this, "conv", 3, 16, nn::Window{.size = 3, .stride = 2});
//   auto bn = nn::add<nn::BatchNorm2d>(*this, "bn", 16, nn::Activation::silu);
//   at::Tensor y = bn->forward(conv->forward(images));
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <aviary/api.hpp>
#include <aviary/nn/activation.hpp>

namespace aviary::nn {

/// Registers a new layer with its parent, under the name that its parameters are saved with.
template <class L, class... Args>
std::shared_ptr<L> add(torch::nn::Module& parent, const std::string& name, Args&&... args) {
  return parent.register_module(name, std::make_shared<L>(std::forward<Args>(args)...));
}

/// A child without a layer of its own, for names such as "head.fc".
AVIARY_API torch::nn::Module& add_group(torch::nn::Module& parent, const std::string& name);

/// One tensor in, one tensor out.
class AVIARY_API Layer : public torch::nn::Module {
 public:
  ~Layer() override;

  virtual at::Tensor forward(const at::Tensor& x) = 0;
};

/// ReLU works in place: for what nothing else reads, such as the output of a norm.
AVIARY_API at::Tensor activate(at::Tensor x, Activation activation);

/// How a convolution sees its input. Padding is size / 2 on every side.
struct Window {
  std::int64_t size = 1;  ///< height and width of the kernel
  std::int64_t stride = 1;
  std::int64_t groups = 1;  ///< as many as input channels: depthwise
  bool bias = false;
};

class PackedConv;

/// torch.nn.Conv2d. N x in x H x W to N x out x H' x W'. Throws Error when the channels do not match. In evaluation mode
/// without gradients the weights are read by the first forward() alone, unless they change in a way that LibTorch counts;
/// train() and eval() forget what was read.
class AVIARY_API Conv2d final : public Layer {
 public:
  Conv2d(std::int64_t in, std::int64_t out, Window window = {});

  at::Tensor forward(const at::Tensor& x) override;
  void train(bool on) override;

  std::int64_t groups() const { return window_.groups; }

  at::Tensor weight;  ///< out x in / groups x size x size
  at::Tensor bias;    ///< out; undefined without one

 private:
  Window window_;
  std::shared_ptr<const PackedConv> packed_;
};

/// How batch norms take the batches of several processes, which train together, for one (torch.nn.SyncBatchNorm).
struct SharedBatch {
  std::function<void(const at::Tensor& numbers)> sum;  ///< over all processes, in place
  bool blank = false;  ///< what this process computes now stands for no picture, and counts nothing
};

/// torch.nn.BatchNorm2d with eps 1e-5 and momentum 0.1, and an activation after it. A batch with one value per channel (the
/// last of an epoch may hold one picture) has no variance: there PyTorch refuses, and this normalises by the running
/// statistics.
class AVIARY_API BatchNorm2d final : public Layer {
 public:
  explicit BatchNorm2d(std::int64_t channels, Activation activation = Activation::none);

  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight;
  at::Tensor bias;
  double momentum = 0.1;  ///< share of a batch in the running statistics
  /// Of a training on several processes with synchronized statistics; the host sets it.
  std::shared_ptr<const SharedBatch> shared_batch;

 private:
  at::Tensor running_mean_;
  at::Tensor running_var_;
  at::Tensor num_batches_tracked_;
  Activation activation_;
};

/// torch.nn.Linear, over the last dimension. What is said of Conv2d in evaluation mode holds here, too.
class AVIARY_API Linear final : public Layer {
 public:
  Linear(std::int64_t in, std::int64_t out);

  at::Tensor forward(const at::Tensor& x) override;
  void train(bool on) override;

  at::Tensor weight;  ///< out x in
  at::Tensor bias;    ///< out

 private:
  std::shared_ptr<const PackedConv> packed_;
};

/// torch.nn.LayerNorm over the last dimension, eps 1e-5.
class AVIARY_API LayerNorm final : public Layer {
 public:
  explicit LayerNorm(std::int64_t channels);

  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight;
  at::Tensor bias;
};

/// Scaled dot-product attention of a sequence with itself (Vaswani et al., 2017, arXiv 1706.03762, section 3.2.1). qkv: N x
/// length x 3C, queries, keys and values as one linear layer makes them, each of `heads` times C / heads channels. Returns N x
/// length x C. Precondition: `heads` divides C.
AVIARY_API at::Tensor self_attention(const at::Tensor& qkv, std::int64_t heads);

/// Stochastic depth (Huang et al., 2016, arXiv 1603.09382), as timm does it: in training each sample's x is dropped with this
/// probability (0 to below 1) and otherwise scaled up; in evaluation nothing happens.
AVIARY_API at::Tensor drop_path(const at::Tensor& x, double probability, bool training);

}  // namespace aviary::nn
