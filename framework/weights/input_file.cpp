#include "weights/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "weights/refusal.hpp"

namespace aviary::weights {

namespace {

[[noreturn]] void refuse_with_errno() { throw Refusal(std::generic_category().message(errno)); }

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat about {};
  if (!file_.open() || ::fstat(file_.number(), &about) != 0) refuse_with_errno();
  if (!S_ISREG(about.st_mode)) throw Refusal("it is not a regular file");
  size_ = static_cast<std::uint64_t>(about.st_size);
}

void InputFile::read(void* into, std::uint64_t bytes) {
  auto* place = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t got = ::read(file_.number(), place, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_with_errno();
    if (got == 0) throw Refusal("it became shorter while it was read");
    place += got;
    bytes -= static_cast<std::uint64_t>(got);
  }
}

}  // namespace aviary::weights
