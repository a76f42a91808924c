// The names of files that come in on standard input, one a line, as fast as whoever writes them. Used by the command predict.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace aviary::commands {

class FileNames {
 public:
  /// From this open file, which nobody else reads.
  explicit FileNames(int descriptor) : descriptor_(descriptor) {}

  /// The next ones, at most so many. With `wait` at least one, or none when there are no more; without, those that are there.
  /// Blank lines are passed over. Throws Error when it cannot be read. An interrupt ends it.
  std::vector<std::filesystem::path> next(std::size_t most, bool wait);

 private:
  bool read_more(bool wait);
  bool take_line(std::string& line);

  int descriptor_;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace aviary::commands
