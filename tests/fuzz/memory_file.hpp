// A file that exists in memory only and whose content can be replaced quickly. The readers take paths.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace aviary::test {

class MemoryFile {
 public:
  MemoryFile() : number_(::memfd_create("fuzz", 0)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(number_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(number_); }

  void fill(std::string_view bytes) const {
    if (::ftruncate(number_, 0) != 0 || ::pwrite(number_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }

 private:
  int number_;
};

}  // namespace aviary::test
