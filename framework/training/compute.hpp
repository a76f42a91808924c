// How this process computes: which device, how many threads, how memory is kept. Set once, at the start of the program.
#pragma once

#include <optional>
#include <string>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace aviary::training {

/// Where tensors live and compute: everything takes it from here. The CPU, if none was chosen.
at::Device compute_device();

/// What people may ask for with --device.
inline constexpr const char* device_names = "auto, cpu, cuda or cuda:N";

/// Whether LibTorch is built with CUDA, whatever GPUs are there.
bool has_cuda();

/// GPUs that LibTorch can use.
int count_gpus();

/// Chooses it: "cpu", "cuda:N", "cuda" (the GPU that comes at `place`, which counts the processes of a training on this
/// machine), or "auto": that GPU where LibTorch can use one, else the CPU. Throws Error
/// (Fault::usage) for other names, and where there is no such device.
void choose_device(const std::string& name, int place = 0);

/// Throws as it does, and chooses nothing: for trainings that other processes will do.
void require_device(const std::string& name);

/// On a GPU: whether it gives the same bits at every run, more slowly. The CPU always does.
void set_deterministic(bool deterministic);

/// While it lives and is on, cuDNN tries for each new shape which of its algorithms is the fastest, which takes it tens of
/// seconds for a network: for the shape that nearly all batches have. Does nothing after set_deterministic(true).
class AlgorithmSearch {
 public:
  explicit AlgorithmSearch(bool on);
  AlgorithmSearch(const AlgorithmSearch&) = delete;
  AlgorithmSearch& operator=(const AlgorithmSearch&) = delete;
  ~AlgorithmSearch();
};

/// Waits until the device has done all that it was given: what a measurement of time ends with.
void finish_computing();

/// Uses this many compute threads, or as many as there are cores for each of the `processes` that train together on this
/// machine (LibTorch starts with one where OpenMP says nothing else), and keeps OpenCV to the thread that calls it: the loader
/// has its own. Switches oneDNN off where onednn_is_wrong(). Returns the number.
int set_compute_threads(std::optional<int> threads, int processes = 1);

/// Whether LibTorch's oneDNN gives wrong convolutions on this processor, found by trying two small ones: Debian 13's 3.7.2 does
/// where the channels do not fill a vector (its reorders: https://github.com/uxlfoundation/oneDNN/issues/3280).
bool onednn_is_wrong();

/// While it lives, convolutions and linear layers of this thread compute in `precision`, "bf16" or "fp16" (LibTorch's
/// autocast); weights and gradients stay fp32. With "fp32" nothing changes. Throws Error (Fault::usage) for "fp16" on the CPU.
class Autocast {
 public:
  explicit Autocast(const std::string& precision);
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast();

 private:
  bool on_;
  at::ScalarType type_;
};

}  // namespace aviary::training
