// Decodes JPEGs on an NVIDIA GPU with nvJPEG (its hardware decoder where there is one, else CUDA), and copies the pixels back,
// to be resized, cached and augmented like any others. Each of the loader's threads has a stream and memory of its own.
#include <cstddef>
#include <cstdint>
#include <string>

#include <cuda_runtime_api.h>
#include <nvjpeg.h>

#include <aviary/cuda.hpp>
#include <aviary/error.hpp>
#include <aviary/jpeg_decoder.hpp>

namespace {

constexpr const char* advice = "look at the system's log; data.decode_on = \"cpu\" does without";

void check(cudaError_t error, const std::string& doing) { aviary::cuda::check(error, doing, advice); }

void check(nvjpegStatus_t status, const std::string& doing) {
  if (status == NVJPEG_STATUS_SUCCESS) return;
  throw aviary::Error("nvJPEG failed when " + doing + " (status " + std::to_string(status) +
                      "); data.decode_on = \"cpu\" does without");
}

class Handle {
 public:
  explicit Handle(int device) {
    check(cudaSetDevice(device), "it was chosen");
    check(nvjpegCreateSimple(&handle_), "it began");
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { static_cast<void>(nvjpegDestroy(handle_)); }
  operator nvjpegHandle_t() const { return handle_; }

 private:
  nvjpegHandle_t handle_ = nullptr;
};

// What a thread decodes with.
class Workplace {
 public:
  explicit Workplace(int device) : handle_(device) { check(nvjpegJpegStateCreate(handle_, &state_), "it began"); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  // At the end of the program the driver may be gone already: nothing is left to be done then.
  ~Workplace() {
    static_cast<void>(nvjpegJpegStateDestroy(state_));
    static_cast<void>(cudaFree(pixels_));
  }

  cv::Mat decode(std::span<const std::uint8_t> jpeg) {
    int components = 0;
    int widths[NVJPEG_MAX_COMPONENT] = {};
    int heights[NVJPEG_MAX_COMPONENT] = {};
    nvjpegChromaSubsampling_t subsampling = NVJPEG_CSS_UNKNOWN;
    if (nvjpegGetImageInfo(handle_, jpeg.data(), jpeg.size(), &components, &subsampling, widths, heights) !=
        NVJPEG_STATUS_SUCCESS)
      return {};
    if (components != 1 && components != 3) return {};
    const std::size_t row = std::size_t{3} * static_cast<std::size_t>(widths[0]);
    const std::size_t bytes = row * static_cast<std::size_t>(heights[0]);
    if (!make_room(bytes)) return {};
    nvjpegImage_t to = {};
    to.channel[0] = pixels_;
    to.pitch[0] = row;
    if (nvjpegDecode(handle_, state_, jpeg.data(), jpeg.size(), NVJPEG_OUTPUT_BGRI, &to, stream_) != NVJPEG_STATUS_SUCCESS)
      return {};
    cv::Mat picture(heights[0], widths[0], CV_8UC3);
    check(cudaMemcpyAsync(picture.data, pixels_, bytes, cudaMemcpyDeviceToHost, stream_), "a picture was copied from it");
    check(cudaStreamSynchronize(stream_), "a picture was decoded");
    return picture;
  }

 private:
  // False where the GPU's memory is taken, by LibTorch's part of the work.
  bool make_room(std::size_t bytes) {
    if (bytes <= room_) return true;
    check(cudaFree(pixels_), "memory was given back");
    pixels_ = nullptr;
    room_ = 0;
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, bytes);
    if (error == cudaErrorMemoryAllocation) {
      static_cast<void>(cudaGetLastError());  // it is told once more otherwise
      return false;
    }
    check(error, std::to_string(bytes >> 20) + " MiB of memory were to be had for a picture");
    pixels_ = static_cast<unsigned char*>(memory);
    room_ = bytes;
    return true;
  }

  Handle handle_;
  nvjpegJpegState_t state_ = nullptr;
  aviary::cuda::Stream stream_{advice};
  unsigned char* pixels_ = nullptr;
  std::size_t room_ = 0;
};

struct Params {
  static void declare(aviary::ParamList<Params>&) {}
};

class NvJpeg final : public aviary::JpegDecoder {
 public:
  NvJpeg(const Params&, const aviary::JpegDecoderContext& context) : device_(context.device) {}

  std::string obstacle() const override { return aviary::cuda::obstacle(); }

  cv::Mat decode(std::span<const std::uint8_t> jpeg) const override {
    thread_local Workplace workplace(device_);
    return workplace.decode(jpeg);
  }

 private:
  int device_;
};

}  // namespace

AVIARY_JPEG_DECODER("nvjpeg", NvJpeg, Params, "Decodes on an NVIDIA GPU")
