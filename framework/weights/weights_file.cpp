#include "weights/weights_file.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "weights/input_file.hpp"
#include "weights/pytorch.hpp"
#include "weights/refusal.hpp"
#include "weights/safetensors.hpp"

namespace aviary::weights {

namespace {

/// The first 8 bytes of a safetensors file are the length of its header, which begins with a brace. Neither a zip file, nor the
/// pickle that PyTorch before 1.6 wrote, has a brace there. A file too short for that is left to the reader of safetensors.
Format recognise(const std::filesystem::path& path) {
  InputFile file(path);
  std::string begin(std::min<std::uint64_t>(file.size(), 9), '\0');
  file.read(begin.data(), begin.size());
  if (begin.ends_with('{') && begin.size() == 9) return Format::safetensors;
  if (begin.starts_with("PK") || begin.starts_with("\x80\x02")) return Format::pytorch;
  if (begin.size() < 9) return Format::safetensors;
  throw Refusal("it is neither a safetensors file nor one that torch.save wrote");
}

}  // namespace

std::string_view to_string(Format format) { return format == Format::safetensors ? "safetensors" : "PyTorch"; }

Format format_of_content(const std::filesystem::path& path) {
  try {
    return recognise(path);
  } catch (const Refusal& refusal) {
    cannot_read(path, refusal);
  }
}

Format format_of_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return Format::safetensors;
  if (extension == ".pt" || extension == ".pth") return Format::pytorch;
  throw Error(fmt::format("{} has no extension of a known format; expected .safetensors, .pt or .pth", path.string()),
              Fault::usage);
}

Tensors load_weights_file(const std::filesystem::path& path) {
  return format_of_content(path) == Format::safetensors ? load_safetensors(path) : load_pytorch(path);
}

void save_weights_file(const std::filesystem::path& path, const Tensors& content) {
  format_of_name(path) == Format::safetensors ? save_safetensors(path, content) : save_pytorch(path, content);
}

}  // namespace aviary::weights
