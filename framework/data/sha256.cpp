#include "data/sha256.hpp"

#include <openssl/evp.h>

#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

namespace aviary::data {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw Error("OpenSSL offers no SHA-256");
}

void Sha256::add(const void* bytes, std::size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }

Sha256::Digest Sha256::digest() {
  Digest digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  return digest;
}

std::string sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Sha256 hash;
  for (std::vector<char> block(1 << 16); in;) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  // A folder opens, but its first read fails in another way than at an end.
  if (!in.eof()) throw Error(fmt::format("cannot read {}", file.string()));
  return fmt::format("{:02x}", fmt::join(hash.digest(), ""));
}

}  // namespace aviary::data
