// How networks' weights start, drawn from LibTorch's generator, which the host seeds before it makes a model. Layers start as
// PyTorch's do; a network whose paper or code says otherwise calls these at the end of its constructor.
#pragma once

#include <aviary/api.hpp>
#include <aviary/nn/layers.hpp>

namespace aviary::nn {

/// Calls `visit` with every layer of type L below `module`.
template <class L, class Visit>
void for_each(const torch::nn::Module& module, Visit visit) {
  for (const std::shared_ptr<torch::nn::Module>& child : module.modules(false))
    if (auto* const layer = child->as<L>()) visit(*layer);
}

/// While one lives, the functions below leave the values of this thread's networks as memory has them: for networks whose
/// weights all come from a file, which start three times as fast.
class AVIARY_API SkipInit {
 public:
  SkipInit();
  ~SkipInit();
  SkipInit(const SkipInit&) = delete;
  SkipInit& operator=(const SkipInit&) = delete;
};

AVIARY_API void fill_normal(at::Tensor& tensor, double std);
AVIARY_API void fill_uniform(at::Tensor& tensor, double bound);
AVIARY_API void fill(at::Tensor& tensor, double value);

/// Every convolution below `module`: normal, std sqrt(2 / (out size^2 / groups)) (He et al., 2015, arXiv 1502.01852, fan-out),
/// biases 0.
AVIARY_API void init_convolutions_fan_out(const torch::nn::Module& module);
/// The same with fan-in: std sqrt(2 / (in size^2 / groups)).
AVIARY_API void init_convolutions_fan_in(const torch::nn::Module& module);
/// EfficientNet's, as timm has it: convolutions by fan-out, linear layers uniform +-1 / sqrt(out), biases 0.
AVIARY_API void init_efficientnet(const torch::nn::Module& module);

}  // namespace aviary::nn
