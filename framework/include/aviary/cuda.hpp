// What plugins that compute with CUDA have in common. For plugins alone that are built with the CUDA Toolkit: nothing else of
// the SDK includes it.
#pragma once

#include <string>

#include <cuda_runtime_api.h>

#include <aviary/error.hpp>

namespace aviary::cuda {

/// Why CUDA can use no GPU; empty where it can.
inline std::string obstacle() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return "";
  const char* const reason = cudaGetErrorString(error == cudaSuccess ? cudaErrorNoDevice : error);
  return std::string("there is no GPU that CUDA can use here (") + reason + ")";
}

/// Throws Error where a call failed: "the GPU failed when `doing` (CUDA's reason); `advice`".
inline void check(cudaError_t error, const std::string& doing, const std::string& advice) {
  if (error != cudaSuccess) throw Error("the GPU failed when " + doing + " (" + cudaGetErrorString(error) + "); " + advice);
}

/// A stream that does not wait for the default one.
class Stream {
 public:
  explicit Stream(const std::string& advice) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream for pictures was to be made", advice);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // At the end of the program the driver may be gone already: nothing is left to be done then.
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace aviary::cuda
