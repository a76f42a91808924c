#include "commands/file_names.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::commands {

std::vector<std::filesystem::path> FileNames::next(std::size_t most, bool wait) {
  std::vector<std::filesystem::path> files;
  while (files.size() < most) {
    std::string line;
    if (take_line(line)) {
      if (!line.empty()) files.emplace_back(line);
    } else if (ended_ || !read_more(wait && files.empty())) {
      break;
    }
  }
  return files;
}

// False when nothing came.
bool FileNames::read_more(bool wait) {
  pollfd ready{descriptor_, POLLIN, 0};
  const int there = ::poll(&ready, 1, wait ? -1 : 0);
  if (there < 0) ended_ = true;  // interrupted
  if (there <= 0) return false;
  std::array<char, 65536> bytes{};
  const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
  if (count < 0)
    throw Error(fmt::format("cannot read the names of files from standard input: {}", std::generic_category().message(errno)));
  if (count <= 0) {
    ended_ = true;
    return !buffer_.empty();
  }
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool FileNames::take_line(std::string& line) {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos && !(ended_ && !buffer_.empty())) return false;
  line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 1);
  return true;
}

}  // namespace aviary::commands
