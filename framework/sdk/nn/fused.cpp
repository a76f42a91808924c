#include "nn/fused.hpp"

#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/version.h>

namespace aviary::nn {

namespace {

bool has_kernels(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.numel() > 0 &&
         !torch::jit::tracer::isTracing();
}

}  // namespace

bool fuses(const at::Tensor& x, const at::Tensor& weight) {
  return has_kernels(x) && x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && weight.is_cpu() &&
         weight.scalar_type() == at::kFloat;
}

bool fuses_activation(const at::Tensor& x) { return has_kernels(x) && x.is_non_overlapping_and_dense(); }

at::Tensor autocast(const at::Tensor& x) {
#if TORCH_VERSION_MAJOR >= 2
  const bool on = at::autocast::is_autocast_enabled(at::kCPU);
#else
  const bool on = at::autocast::is_cpu_enabled();
#endif
  return on && x.scalar_type() == at::kFloat ? x.to(at::kBFloat16) : x;
}

}  // namespace aviary::nn
