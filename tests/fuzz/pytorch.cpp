// Any bytes as a PyTorch file. What does not begin like a zip file is taken for a pickle and put into one, since the checksums
// of the container would hide the pickle from most mutations.
#include "weights/pytorch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include <aviary/error.hpp>

#include "framework/weights/pytorch_files.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/touch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aviary::test::MemoryFile file;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  file.fill(bytes.starts_with("PK") ? bytes : aviary::test::pytorch_file(bytes));
  try {
    aviary::test::touch(aviary::weights::load_pytorch(file.path()));
  } catch (const aviary::Error&) {
  }
  return 0;
}
