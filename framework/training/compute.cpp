#include "training/compute.hpp"

#include <malloc.h>

#include <algorithm>
#include <thread>

#include <ATen/Parallel.h>
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

}  // namespace aviary::training
