#include "nn/fused.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/version.h>

namespace aviary::nn {

namespace {

bool has_kernels(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.numel() > 0 &&
         !torch::jit::tracer::isTracing();
}

bool autocasts() {
#if TORCH_VERSION_MAJOR >= 2
  return at::autocast::is_autocast_enabled(at::kCPU);
#else
  return at::autocast::is_cpu_enabled();
#endif
}

}  // namespace

bool fuses(const at::Tensor& x, const at::Tensor& weight) {
  return has_kernels(x) && x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && weight.is_cpu() &&
         weight.scalar_type() == at::kFloat;
}

bool fuses_activation(const at::Tensor& x) { return has_kernels(x) && x.is_non_overlapping_and_dense(); }

bool fuses_attention(const at::Tensor& qkv) { return has_kernels(qkv) && qkv.is_contiguous(); }

bool suits_onednn(const at::Tensor& x) {
  return has_kernels(x) && x.scalar_type() == at::kFloat && !autocasts() && at::hasMKLDNN() &&
         at::globalContext().userEnabledMkldnn();
}

at::Tensor autocast(const at::Tensor& x) { return autocasts() && x.scalar_type() == at::kFloat ? x.to(at::kBFloat16) : x; }

}  // namespace aviary::nn
