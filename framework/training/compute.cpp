#include "training/compute.hpp"

#include <malloc.h>

#include <algorithm>
#include <thread>

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>
#include <opencv2/core/utility.hpp>

namespace aviary::training {

at::Device compute_device() { return at::kCPU; }

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

int set_compute_threads(std::optional<int> threads) {
  const int count = threads.value_or(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  at::set_num_threads(count);
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
