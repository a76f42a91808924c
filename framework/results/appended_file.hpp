// A file of a run that only grows, by whole records: each is one write, so a program that is killed leaves whole ones, and what
// a full disk cut is taken back. The logs of a run own them, and write from the training's thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "results/run_folder.hpp"
#include "weights/descriptor.hpp"

namespace aviary::results {

class AppendedFile {
 public:
  /// Cuts the file to `length`, and goes on from there; a file that is not there is made. Throws Error when it cannot be
  /// written, or is shorter.
  AppendedFile(const RunFolder& run, std::filesystem::path path, std::uint64_t length);

  /// Throws Error when the disk is full; the file is then as before.
  void append(std::string_view record);

  /// Makes sure that it is on the disk. From any thread.
  void sync() const;

  std::uint64_t length() const { return length_; }

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path run_;
  std::filesystem::path path_;
  weights::Descriptor file_;
  std::uint64_t length_;
};

}  // namespace aviary::results
