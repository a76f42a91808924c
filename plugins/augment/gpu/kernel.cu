#include "kernel.hpp"

#include <algorithm>

namespace {

constexpr int threads = 256;

__device__ void store(float* to, float number) { *to = number; }

// bfloat16: the upper half of a float, rounded to the nearest, of two the even one.
__device__ void store(std::uint16_t* to, float number) {
  const std::uint32_t bits = __float_as_uint(number);
  *to = static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// A thread for each pixel of a picture, and a row of blocks for each picture.
template <class Number>
__global__ void __launch_bounds__(threads) pixels(aviary::fused::Batch batch, std::int32_t count, Number* numbers) {
  const std::int32_t pixel = static_cast<std::int32_t>(blockIdx.x * threads + threadIdx.x);
  const std::int32_t area = batch.side * batch.side;
  if (pixel >= area) return;
  for (std::int32_t picture = static_cast<std::int32_t>(blockIdx.y); picture < count;
       picture += static_cast<std::int32_t>(gridDim.y)) {
    float values[3];
    aviary::fused::pixel(batch, batch.pictures[picture], pixel % batch.side, pixel / batch.side, values);
    Number* const to = numbers + 3 * (static_cast<std::int64_t>(picture) * area + pixel);
    for (int channel = 0; channel < 3; ++channel) store(to + channel, values[channel]);
  }
}

}  // namespace

cudaError_t make_pixels(const aviary::fused::Batch& batch, std::int32_t count, void* numbers, bool bfloat16,
                        cudaStream_t stream) {
  const int blocks = (batch.side * batch.side + threads - 1) / threads;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(std::min(count, 65535)));
  if (bfloat16)
    pixels<<<grid, threads, 0, stream>>>(batch, count, static_cast<std::uint16_t*>(numbers));
  else
    pixels<<<grid, threads, 0, stream>>>(batch, count, static_cast<float*>(numbers));
  return cudaGetLastError();
}
