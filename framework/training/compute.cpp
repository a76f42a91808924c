#include "training/compute.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <thread>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/remainder.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/accumulate.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <opencv2/core/utility.hpp>

#include <aviary/error.hpp>

// What jemalloc reads when the process starts: freed memory stays with it, that of blocks from 8 MB on as well, which would be
// kept apart and given back at once. The page faults of getting it from the system again cost up to half of the training time.
// All of it may be cut for smaller blocks: by default those of less than a 64th of a free one are taken from the system, and
// the program grows, step by step, to many times what it uses.
extern "C" {
extern const char* malloc_conf;
[[gnu::visibility("default")]] const char* malloc_conf =
    "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,lg_extent_max_active_fit:48";
}

namespace aviary::training {

// at::hasCUDA() is false where the driver finds no GPU, too.
bool has_cuda() { return c10::impl::hasDeviceGuardImpl(at::kCUDA); }

int count_gpus() { return has_cuda() ? c10::impl::getDeviceGuardImpl(at::kCUDA)->deviceCount() : 0; }

namespace {

at::Device chosen = at::kCPU;

at::Device gpu(const std::string& name, int number) {
  if (!has_cuda())
    throw Error(
        fmt::format("--device {}: this aviary is built with a LibTorch without CUDA ({}); build it with one that has it "
                    "(docs/gpu.md), or take --device cpu",
                    name, TORCH_VERSION),
        Fault::usage);
  const int gpus = count_gpus();
  if (gpus == 0)
    throw Error(
        fmt::format("--device {}: LibTorch sees no GPU; nvidia-smi says whether the driver does, and CUDA_VISIBLE_DEVICES "
                    "may hide it. Or take --device cpu",
                    name),
        Fault::usage);
  if (number >= gpus)
    throw Error(fmt::format("--device {}: there {} here; expected cuda:0{}", name,
                            gpus == 1 ? "is one GPU" : fmt::format("are {} GPUs", gpus),
                            gpus == 1 ? "" : fmt::format(" to cuda:{}", gpus - 1)),
                Fault::usage);
  return {at::kCUDA, static_cast<at::DeviceIndex>(number)};
}

at::Device device_named(const std::string& name, int place) {
  if (name == "cpu") return at::kCPU;
  const int gpus = count_gpus();
  if (name == "auto" && gpus == 0) return at::kCPU;
  if (name == "auto" || name == "cuda") return gpu(name, gpus > 0 ? place % gpus : 0);
  int number = 0;
  const std::string_view text = std::string_view(name).substr(std::min<std::size_t>(name.size(), 5));
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (!name.starts_with("cuda:") || error != std::errc() || end != text.end() || number < 0)
    throw Error(fmt::format("--device {}: expected {}", name, device_names), Fault::usage);
  return gpu(name, number);
}

}  // namespace

at::Device compute_device() { return chosen; }

void choose_device(const std::string& name, int place) {
  chosen = device_named(name, place);
  if (chosen.is_cuda()) c10::impl::getDeviceGuardImpl(at::kCUDA)->setDevice(chosen);
}

void require_device(const std::string& name) { device_named(name, 0); }

void set_deterministic(bool deterministic) {
  // Read by cuBLAS when it is used first.
  if (deterministic) ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::globalContext().setDeterministicAlgorithms(deterministic && chosen.is_cuda(), false);
  at::globalContext().setDeterministicCuDNN(deterministic);
}

AlgorithmSearch::AlgorithmSearch(bool on) {
  at::globalContext().setBenchmarkCuDNN(on && !at::globalContext().deterministicCuDNN());
}

AlgorithmSearch::~AlgorithmSearch() { at::globalContext().setBenchmarkCuDNN(false); }

void finish_computing() {
  if (chosen.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(chosen.type());
  guard.getStream(chosen).synchronize();
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

void set_autocast(bool on, at::ScalarType type) {
  const at::DeviceType device = chosen.type();
#if TORCH_VERSION_MAJOR >= 2
  at::autocast::set_autocast_dtype(device, type);
  at::autocast::set_autocast_enabled(device, on);
#else
  if (device == at::kCPU) {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(on);
  } else {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(on);
  }
#endif
}

}  // namespace

Autocast::Autocast(const std::string& precision)
    : on_(precision == "bf16" || precision == "fp16"), type_(precision == "fp16" ? at::kHalf : at::kBFloat16) {
  if (type_ == at::kHalf && chosen.is_cpu())
    throw Error("fp16 is for GPUs, and the CPU computes here; expected --precision fp32 or bf16", Fault::usage);
  if (on_) set_autocast(true, type_);
}

// The casts of weights are kept for this thread until they are cleared, but the weights are about to change.
Autocast::~Autocast() {
  if (!on_) return;
  at::autocast::clear_cache();
  set_autocast(false, type_);
}

}  // namespace aviary::training
