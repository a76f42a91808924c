// Files in the safetensors format: names, types, shapes and values, and nothing that could run. Checkpoints are written and
// weights read with it; from any thread.
#pragma once

#include <filesystem>

#include "weights/tensors.hpp"

namespace aviary::weights {

/// Writes the values in row-major order whatever the memory format, the tensors in the given order: the same tensors give the
/// same bytes. The file appears whole or not at all. Tensors of any device; types F64, F32, F16, BF16, I64, I32, I16, I8, U8,
/// BOOL.
void save_safetensors(const std::filesystem::path& path, const Tensors& content);

/// All tensors of the file, on the CPU and contiguous, in the order of their bytes. Whatever the format forbids is refused with
/// a sentence that names the file and the tensor, before memory is taken for values.
Tensors load_safetensors(const std::filesystem::path& path);

}  // namespace aviary::weights
