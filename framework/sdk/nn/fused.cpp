#include "nn/fused.hpp"

#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/version.h>

namespace aviary::nn {

bool fuses(const at::Tensor& x, const at::Tensor& weight) {
  const bool types = (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && weight.scalar_type() == at::kFloat;
  return types && x.is_cpu() && weight.is_cpu() && x.dim() == 4 && x.numel() > 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && !torch::jit::tracer::isTracing();
}

at::Tensor autocast(const at::Tensor& x) {
#if TORCH_VERSION_MAJOR >= 2
  const bool on = at::autocast::is_autocast_enabled(at::kCPU);
#else
  const bool on = at::autocast::is_cpu_enabled();
#endif
  return on && x.scalar_type() == at::kFloat ? x.to(at::kBFloat16) : x;
}

}  // namespace aviary::nn
