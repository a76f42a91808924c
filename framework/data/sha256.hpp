// SHA-256: of a file, as environment.json names the plugins with, and of bytes that come piece by piece. From any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace aviary::data {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  /// Throws aviary::Error when OpenSSL has it not.
  Sha256();

  void add(const void* bytes, std::size_t count);
  /// Once, of all that was added.
  Digest digest();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// 64 hexadecimal digits. Throws aviary::Error when the file cannot be read.
std::string sha256_of(const std::filesystem::path& file);

}  // namespace aviary::data
