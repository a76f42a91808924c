// How this process computes: which device, how many threads, how memory is kept. Set once, at the start of the program.
#pragma once

#include <optional>

#include <c10/core/Device.h>

namespace aviary::training {

/// Where tensors live and compute: everything takes it from here.
at::Device compute_device();

/// Keeps freed memory in the process. glibc returns large blocks to the system at every free, and the page faults of getting
/// them back cost up to half of the training time; peak memory grows by about a quarter. Precondition: called before any thread
/// starts.
void keep_freed_memory();

/// Uses this many compute threads, or as many as there are cores for each of the `processes` that train together on this
/// machine (LibTorch starts with one where OpenMP says nothing else), and keeps OpenCV to the thread that calls it: the loader
/// has its own. Switches oneDNN off where onednn_is_wrong(). Returns the number.
int set_compute_threads(std::optional<int> threads, int processes = 1);

/// Whether LibTorch's oneDNN gives wrong convolutions on this processor, found by trying two small ones: Debian 13's 3.7.2 does
/// where the channels do not fill a vector (its reorders: https://github.com/uxlfoundation/oneDNN/issues/3280).
bool onednn_is_wrong();

/// While it lives, convolutions and linear layers of this thread compute in bf16 (LibTorch's autocast); weights and gradients
/// stay fp32. Without `on` nothing changes.
class Bf16Autocast {
 public:
  explicit Bf16Autocast(bool on);
  Bf16Autocast(const Bf16Autocast&) = delete;
  Bf16Autocast& operator=(const Bf16Autocast&) = delete;
  ~Bf16Autocast();

 private:
  bool on_;
};

}  // namespace aviary::training
