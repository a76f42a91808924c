// The records of a zip file that are stored as they are, not compressed: the container of a PyTorch file. Every size in it is
// checked against the file before anyone takes memory for it. All of it throws Refusal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

struct zip;

namespace aviary::weights {

class ZipArchive {
 public:
  /// Reads the directory of the archive. The records together are not larger than the file.
  explicit ZipArchive(const std::filesystem::path& path);

  struct Record {
    std::uint64_t index;
    std::uint64_t bytes;
  };

  /// By their names. Those that are compressed or encrypted are left out.
  const std::map<std::string, Record>& records() const { return records_; }

  /// The whole record, compared with its checksum. Precondition: it is one of records(), and `into` has room for it.
  void read(const std::string& name, void* into) const;

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };
  std::unique_ptr<zip, Discard> archive_;
  std::map<std::string, Record> records_;
};

}  // namespace aviary::weights
