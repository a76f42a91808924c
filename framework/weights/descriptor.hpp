// An open file that closes itself. What writes files here works on descriptors, not streams, since only they tell which write
// failed and why, and can be flushed to the disk.
#pragma once

#include <unistd.h>

#include <utility>

namespace aviary::weights {

class Descriptor {
 public:
  /// Takes over what open() returned; below 0 it holds nothing.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Closes now; false, with errno set, when the file system reports a late failure.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

}  // namespace aviary::weights
