#include "training/compute.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <thread>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/remainder.h>
#include <c10/util/accumulate.h>
#include <torch/version.h>
#include <opencv2/core/utility.hpp>

namespace aviary::training {

at::Device compute_device() { return at::kCPU; }

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

namespace {

bool convolves_wrongly(std::int64_t channels) {
  const auto numbers = [](at::IntArrayRef shape) { return at::arange(c10::multiply_integers(shape)).remainder(7).view(shape); };
  const at::Tensor pictures = numbers({2, channels, 7, 7}).to(at::kFloat);
  const at::Tensor weights = numbers({channels, channels, 3, 3}).to(at::kFloat);
  const at::Tensor right = at::conv2d(pictures.to(at::kDouble), weights.to(at::kDouble));
  return !at::conv2d(pictures, weights).to(at::kDouble).allclose(right);  // sums of small whole numbers
}

}  // namespace

bool onednn_is_wrong() {
  static const bool wrong = convolves_wrongly(12) || convolves_wrongly(20);
  return wrong;
}

int set_compute_threads(std::optional<int> threads, int processes) {
  const int count = threads.value_or(std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / processes));
  at::set_num_threads(count);
  if (onednn_is_wrong()) at::globalContext().setUserEnabledMkldnn(false);
  cv::setNumThreads(1);  // 0 does not take effect in OpenCV 4.6
  return count;
}

namespace {

void set_autocast(bool on) {
#if TORCH_VERSION_MAJOR >= 2
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, on);
#else
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(on);
#endif
}

}  // namespace

Bf16Autocast::Bf16Autocast(bool on) : on_(on) {
  if (on_) set_autocast(true);
}

// The casts of weights are kept for this thread until they are cleared, but the weights are about to change.
Bf16Autocast::~Bf16Autocast() {
  if (!on_) return;
  at::autocast::clear_cache();
  set_autocast(false);
}

}  // namespace aviary::training
