#include "results/appended_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "weights/whole_file.hpp"

namespace aviary::results {

AppendedFile::AppendedFile(const RunFolder& run, std::filesystem::path path, std::uint64_t length)
    : run_(run.path()),
      path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)),
      length_(length) {
  struct stat about {};
  if (!file_.open() || ::fstat(file_.number(), &about) != 0) fail(errno);
  if (static_cast<std::uint64_t>(about.st_size) < length) {
    throw Error(
        fmt::format("{} has {} bytes, but had {} when the checkpoint was written; restore it, or start from the checkpoint "
                    "with aviary fork",
                    path_.string(), about.st_size, length));
  }
  if (::ftruncate(file_.number(), static_cast<off_t>(length)) != 0) fail(errno);
  weights::sync_folder(path_.parent_path());
}

void AppendedFile::append(std::string_view record) {
  ssize_t written = 0;
  do {
    written = ::write(file_.number(), record.data(), record.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(record.size())) {
    // A disk that fills up within the record takes a part of it and gives no error yet.
    const int error = written < 0 ? errno : ENOSPC;
    if (::ftruncate(file_.number(), static_cast<off_t>(length_)) != 0) fail(errno);
    fail(error);
  }
  length_ += record.size();
}

void AppendedFile::sync() const {
  if (::fsync(file_.number()) != 0) fail(errno);
}

void AppendedFile::fail(int error) const {
  throw Error(
      fmt::format("cannot write {}: {}; once that is mended, the run goes on from its last checkpoint with: aviary "
                  "resume {}",
                  path_.string(), std::generic_category().message(error), run_.string()));
}

}  // namespace aviary::results
