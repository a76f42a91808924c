#include "data/cache_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/sync/file_lock.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>

#include <aviary/error.hpp>

#include "data/sha256.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;
namespace ipc = boost::interprocess;

constexpr std::string_view magic = "aviary pictures 1\n";  // another number when the layout, or what makes pictures, changes
constexpr std::size_t header_size = 64;
static_assert(magic.size() + std::tuple_size_v<Sha256::Digest> <= header_size);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "processes share them");

fs::path cache_folder() {
  const auto variable = [](const char* name) { return std::string(std::getenv(name) ? std::getenv(name) : ""); };
  if (const fs::path base = variable("XDG_CACHE_HOME"); base.is_absolute()) return base / "aviary";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / ".cache" / "aviary";
  throw Error("there is no place for data.cache = \"disk\": set XDG_CACHE_HOME to a folder, or choose \"memory\"",
              Fault::usage);
}

bool is_as_made(const fs::path& file, const std::string& header, std::size_t size) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored) || fs::file_size(file, ignored) != size) return false;
  std::string found(header.size(), '\0');
  std::ifstream in(file, std::ios::binary);
  return in.read(found.data(), static_cast<std::streamsize>(found.size())) && found == header;
}

[[noreturn]] void fail(const fs::path& file, int error, std::size_t size) {
  throw Error(
      fmt::format("the pictures cannot be kept in {}, which takes {:.1f} GB: {}; make room, or set data.cache to "
                  "\"memory\" or \"none\"",
                  file.native(), static_cast<double>(size) * 1e-9, std::strerror(error)));
}

// It appears with all its space: a write to a mapped page that the disk has no room for would end the program.
void make(const fs::path& file, const std::string& header, std::size_t size) {
  const fs::path made = file.native() + ".new";
  std::error_code ignored;
  fs::remove_all(file, ignored);
  fs::remove_all(made, ignored);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(made.c_str(), "wbx"), std::fclose);
  if (!out) fail(file, errno, size);
  int error = posix_fallocate(fileno(out.get()), 0, static_cast<off_t>(size));
  if (error == 0 && (std::fwrite(header.data(), 1, header.size(), out.get()) != header.size() || std::fflush(out.get()) != 0))
    error = errno;
  if (error == 0 && std::rename(made.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return;
  fs::remove(made, ignored);
  fail(file, error, size);
}

}  // namespace

CacheFile open_cache_file(std::string_view content, std::size_t count, std::size_t picture_bytes) {
  Sha256 hash;
  hash.add(content.data(), content.size());
  const Sha256::Digest digest = hash.digest();
  std::string header(magic);
  header.append(digest.begin(), digest.end());
  header.resize(header_size, '\0');
  const std::string name = fmt::format("{:02x}", fmt::join(std::span(digest).first<digest.size() / 2>(), ""));
  const std::size_t marks_size = count * sizeof(std::uint64_t);
  const std::size_t size = header_size + marks_size + count * picture_bytes;
  const fs::path folder = cache_folder();
  const fs::path file = folder / (name + ".pictures");
  try {
    fs::create_directories(folder);
    const fs::path lock_file = folder / "lock";
    std::ofstream(lock_file, std::ios::app).flush();
    ipc::file_lock lock(lock_file.c_str());
    const ipc::scoped_lock held(lock);
    if (!is_as_made(file, header, size)) make(file, header, size);
    CacheFile cache{ipc::mapped_region(ipc::file_mapping(file.c_str(), ipc::read_write), ipc::read_write), nullptr, nullptr};
    auto* const begin = static_cast<std::uint8_t*>(cache.region.get_address());
    cache.marks = reinterpret_cast<std::atomic<std::uint64_t>*>(begin + header_size);
    cache.pixels = begin + header_size + marks_size;
    return cache;
  } catch (const ipc::interprocess_exception& error) {
    fail(file, error.get_native_error(), size);
  } catch (const fs::filesystem_error& error) {
    fail(file, error.code().value(), size);
  }
}

}  // namespace aviary::data
