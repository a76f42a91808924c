// The kernel that makes the pixels of a batch.
#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include <aviary/augment/fused_pixel.hpp>

/// `count` pictures into count x side x side x 3 numbers, float or bfloat16. All pointers are of the GPU.
cudaError_t make_pixels(const aviary::fused::Batch& batch, std::int32_t count, void* numbers, bool bfloat16,
                        cudaStream_t stream);
