// The one way from files to weights and back, whatever the format. From any thread.
#pragma once

#include <filesystem>
#include <string_view>

#include "weights/tensors.hpp"

namespace aviary::weights {

enum class Format { safetensors, pytorch };

/// "safetensors" or "PyTorch".
std::string_view to_string(Format format);

/// By the first bytes; the name does not matter. Throws aviary::Error for files that are neither.
Format format_of_content(const std::filesystem::path& path);

/// By the extension: .safetensors, .pt or .pth. Throws aviary::Error for others.
Format format_of_name(const std::filesystem::path& path);

/// The tensors of a file of either format, on the CPU; see safetensors.hpp and pytorch.hpp.
Tensors load_weights_file(const std::filesystem::path& path);

/// Writes in the format of the extension. A PyTorch file has no place for the metadata.
void save_weights_file(const std::filesystem::path& path, const Tensors& content);

}  // namespace aviary::weights
