#include "board/held_locks.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace aviary::board {

HeldLocks::HeldLocks() {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // "1: FLOCK  ADVISORY  WRITE 708 fd:01:1835 0 EOF"
    unsigned major_number = 0;
    unsigned minor_number = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%*d: %*s %*s %*s %*d %x:%x:%lu", &major_number, &minor_number, &inode) == 3)
      files_.emplace(::makedev(major_number, minor_number), inode);
  }
}

bool HeldLocks::holds(const std::filesystem::path& file) const {
  struct stat about {};
  return !files_.empty() && ::stat(file.c_str(), &about) == 0 && files_.contains({about.st_dev, about.st_ino});
}

}  // namespace aviary::board
