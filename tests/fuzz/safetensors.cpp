// Any bytes as a safetensors file: read, or refused with aviary::Error; no other exception, no bad access, no absurd memory.
#include "weights/safetensors.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <aviary/error.hpp>

#include "fuzz/memory_file.hpp"
#include "fuzz/touch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aviary::test::MemoryFile file;
  file.fill({reinterpret_cast<const char*>(data), size});
  try {
    aviary::test::touch(aviary::weights::load_safetensors(file.path()));
  } catch (const aviary::Error&) {
  }
  return 0;
}
