#include "weights/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "weights/descriptor.hpp"

namespace aviary::weights {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, int error) {
  const char* const remedy = error == ENOENT ? "; make its folder first" : error == EISDIR ? "; name a file" : "";
  throw Error(fmt::format("cannot write {}: {}{}", path.string(), std::generic_category().message(error), remedy));
}

std::filesystem::path folder_of(const std::filesystem::path& path) { return path.has_parent_path() ? path.parent_path() : "."; }

/// A new file beside `path`. Not mkstemp: its files can be read by their owner only, whatever the umask says.
Descriptor open_beside(const std::filesystem::path& path, std::filesystem::path& temporary) {
  for (int attempt = 0;; ++attempt) {
    temporary = folder_of(path) / fmt::format(".{}.{}-{}", path.filename().string(), ::getpid(), attempt);
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.open()) return file;
    if (errno != EEXIST) refuse(path, errno);
  }
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_chunks(Descriptor& file, std::span<const std::string_view> chunks) {
  for (const std::string_view chunk : chunks) {
    if (!write_all(file.number(), chunk)) return false;
  }
  return ::fsync(file.number()) == 0 && file.close();
}

}  // namespace

void write_whole_file(const std::filesystem::path& path, std::span<const std::string_view> chunks) {
  std::filesystem::path temporary;
  Descriptor file = open_beside(path, temporary);
  if (!write_chunks(file, chunks) || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    refuse(path, error);
  }
  sync_folder(folder_of(path));
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open()) refuse(folder, errno);
  // Some network file systems cannot do this for folders and say EINVAL.
  if (::fsync(directory.number()) != 0 && errno != EINVAL) refuse(folder, errno);
}

}  // namespace aviary::weights
