// Which files some process holds a lock on, without asking for one: a training must not find its run taken by who only looks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

namespace aviary::board {

class HeldLocks {
 public:
  /// As /proc/locks has it at this moment; none where there is no such file.
  HeldLocks();

  bool holds(const std::filesystem::path& file) const;

 private:
  std::set<std::pair<std::uint64_t, std::uint64_t>> files_;  // device and inode
};

}  // namespace aviary::board
