// A file that is read from start to end, and whose size is known before memory is taken for it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "weights/descriptor.hpp"

namespace aviary::weights {

class InputFile {
 public:
  /// Throws Refusal unless `path` is a regular file that may be read.
  explicit InputFile(const std::filesystem::path& path);

  std::uint64_t size() const { return size_; }

  /// The next bytes. Throws Refusal when the file ends before.
  void read(void* into, std::uint64_t bytes);

 private:
  Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace aviary::weights
