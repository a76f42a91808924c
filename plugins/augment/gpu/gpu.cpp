// Augments on an NVIDIA GPU: one kernel from 8-bit pictures to normalised numbers. Pictures are copied on a stream of their
// own, into one of two buffers, while the GPU computes; the kernel runs in the order of the default stream, which is
// LibTorch's.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

#include <aviary/augment/device.hpp>
#include <aviary/cuda.hpp>

#include "kernel.hpp"

namespace {

using aviary::fused::Batch;

constexpr const char* usual_advice = "look at the system's log; data.augment_on = \"cpu\" does without";

void check(cudaError_t error, const std::string& doing) {
  std::string advice = usual_advice;
  if (error == cudaErrorMemoryAllocation) advice = "lower data.batch_size, or set data.augment_on = \"cpu\"";
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorUnsupportedPtxVersion)
    advice = "build aviary for this GPU with -DCMAKE_CUDA_ARCHITECTURES=native, or set data.augment_on = \"cpu\"";
  aviary::cuda::check(error, doing, advice);
}

enum class Memory { device, pinned };

// Memory that grows, and forgets what was in it.
template <Memory kind>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  std::uint8_t* of(std::size_t bytes) {
    if (bytes <= size_) return data_;
    release();
    void* memory = nullptr;
    const std::string doing = std::to_string(bytes >> 20) + " MiB of memory were to be had for pictures";
    check(kind == Memory::device ? cudaMalloc(&memory, bytes) : cudaMallocHost(&memory, bytes), doing);
    data_ = static_cast<std::uint8_t*>(memory);
    size_ = bytes;
    return data_;
  }

 private:
  // At the end of the program the driver may be gone already: nothing is left to be done then.
  void release() {
    if (data_ != nullptr) static_cast<void>(kind == Memory::device ? cudaFree(data_) : cudaFreeHost(data_));
    data_ = nullptr;
    size_ = 0;
  }

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "an event was to be made"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

// A batch on its way.
struct Turn {
  Buffer<Memory::pinned> staging;
  Buffer<Memory::device> pictures;
  Event copied;  // from one to the other
  Event used;    // by the kernel
};

// Where the parts of a batch lie in one buffer.
class Layout {
 public:
  // Its begin.
  std::size_t add(std::size_t bytes) {
    const std::size_t begin = size_;
    constexpr std::size_t alignment = 256;
    size_ = (begin + bytes + alignment - 1) / alignment * alignment;
    return begin;
  }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

// All that stands on the GPU.
class Gpu {
 public:
  explicit Gpu(const aviary::DeviceAugmenterContext& context) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      mean_[channel] = static_cast<float>(context.mean[channel]);
      std_[channel] = static_cast<float>(context.std[channel]);
    }
  }

  void run(const aviary::RawPictures& raw, const at::Tensor& images) {
    turn_ = 1 - turn_;
    Turn& turn = turns_[turn_];
    const Batch batch = copy(raw, turn);
    const bool bfloat16 = images.scalar_type() == at::kBFloat16;
    void* const numbers = images.is_cuda() ? images.data_ptr() : numbers_.of(images.nbytes());
    check(cudaStreamWaitEvent(cudaStreamLegacy, turn.copied, 0), "pictures were waited for");
    check(make_pixels(batch, static_cast<std::int32_t>(raw.pictures.size()), numbers, bfloat16, cudaStreamLegacy),
          "pictures were to be augmented");
    check(cudaEventRecord(turn.used, cudaStreamLegacy), "pictures were augmented");
    if (!images.is_cuda())
      check(cudaMemcpy(images.data_ptr(), numbers, images.nbytes(), cudaMemcpyDeviceToHost), "pictures were augmented");
  }

 private:
  // Begins to copy the pictures. What it answers points to where they will be.
  Batch copy(const aviary::RawPictures& raw, Turn& turn) {
    Layout layout;
    const std::size_t pixels = layout.add(raw.pixels.size());
    const std::size_t pictures = layout.add(bytes_of(raw.pictures));
    const std::size_t steps = layout.add(bytes_of(raw.steps));
    const std::size_t tables = layout.add(bytes_of(raw.tables));

    check(cudaEventSynchronize(turn.copied), "earlier pictures were copied");
    std::uint8_t* const from = turn.staging.of(layout.size());
    std::uint8_t* const to = turn.pictures.of(layout.size());
    put(raw.pixels, from + pixels);
    put(raw.pictures, from + pictures);
    put(raw.steps, from + steps);
    put(raw.tables, from + tables);
    check(cudaStreamWaitEvent(copies_, turn.used, 0), "earlier pictures were augmented");
    check(cudaMemcpyAsync(to, from, layout.size(), cudaMemcpyHostToDevice, copies_), "pictures were copied to it");
    check(cudaEventRecord(turn.copied, copies_), "pictures were copied to it");
    return {.pixels = to + pixels,
            .pictures = reinterpret_cast<const aviary::fused::Picture*>(to + pictures),
            .steps = reinterpret_cast<const aviary::fused::Step*>(to + steps),
            .tables = to + tables,
            .side = raw.side,
            .mean = {mean_[0], mean_[1], mean_[2]},
            .std = {std_[0], std_[1], std_[2]}};
  }

  template <class Value>
  static std::size_t bytes_of(const std::vector<Value>& values) {
    return values.size() * sizeof(Value);
  }

  template <class Value>
  static void put(const std::vector<Value>& values, std::uint8_t* to) {
    if (!values.empty()) std::memcpy(to, values.data(), bytes_of(values));
  }

  std::array<float, 3> mean_{};
  std::array<float, 3> std_{};
  aviary::cuda::Stream copies_{usual_advice};
  std::array<Turn, 2> turns_;
  std::size_t turn_ = 0;
  Buffer<Memory::device> numbers_;  // where they are wanted on the CPU
};

struct Params {
  static void declare(aviary::ParamList<Params>&) {}
};

class Cuda final : public aviary::DeviceAugmenter {
 public:
  Cuda(const Params&, const aviary::DeviceAugmenterContext& context) : context_(context) {}

  std::string obstacle() const override { return aviary::cuda::obstacle(); }

  void run(const aviary::RawPictures& pictures, const at::Tensor& images) override {
    if (images.is_cuda()) check(cudaSetDevice(images.device().index()), "it was chosen");
    if (!gpu_) gpu_.emplace(context_);
    gpu_->run(pictures, images);
  }

 private:
  aviary::DeviceAugmenterContext context_;
  std::optional<Gpu> gpu_;  // made with the first batch, on the GPU that its images are on
};

}  // namespace

AVIARY_DEVICE_AUGMENTER("cuda", Cuda, Params, "Augments on an NVIDIA GPU")
