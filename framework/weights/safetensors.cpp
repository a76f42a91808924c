#include "weights/safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "weights/descriptor.hpp"
#include "weights/safetensors_header.hpp"
#include "weights/whole_file.hpp"

namespace aviary::weights {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and values are copied as they are");

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // the reference implementation's

[[noreturn]] void refuse_tensor(const std::filesystem::path& path, const std::string& name, std::string_view why) {
  throw Error(fmt::format("cannot write {}: tensor {} {}", path.string(), in_quotes(name), why));
}

at::Tensor row_major(const std::filesystem::path& path, const std::string& name, const at::Tensor& tensor) {
  if (!tensor.defined()) refuse_tensor(path, name, "is undefined");
  if (tensor.layout() != at::kStrided) refuse_tensor(path, name, "is sparse, which the format cannot hold");
  if (safetensors_dtype(tensor.scalar_type()).empty()) {
    refuse_tensor(path, name,
                  fmt::format("is of type {}, which the format does not know", c10::toString(tensor.scalar_type())));
  }
  return tensor.detach().cpu().contiguous(at::MemoryFormat::Contiguous);
}

std::string key(const std::filesystem::path& path, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(fmt::format("cannot write {}: the name or text {} is not valid UTF-8", path.string(), in_quotes(text)));
  }
}

void append_metadata(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata, std::string& json) {
  if (metadata.empty()) return;
  std::vector<std::string> pairs;
  for (const auto& [name, text] : metadata) pairs.push_back(key(path, name) + ":" + key(path, text));
  json += fmt::format("\"__metadata__\":{{{}}},", fmt::join(pairs, ","));
}

/// The length, the JSON, and spaces so that the values begin at a multiple of 8.
std::string make_header(const std::filesystem::path& path, const Tensors& content) {
  std::string json = "{";
  append_metadata(path, content.metadata, json);
  std::set<std::string_view> names;
  std::uint64_t begin = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (name == "__metadata__") refuse_tensor(path, name, "has the name that the format keeps for metadata");
    if (!names.insert(name).second) refuse_tensor(path, name, "is there twice");
    const std::uint64_t end = begin + tensor.nbytes();
    json += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}},", key(path, name),
                        safetensors_dtype(tensor.scalar_type()), fmt::join(tensor.sizes(), ","), begin, end);
    begin = end;
  }
  if (json.back() == ',') json.pop_back();
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const auto length = std::bit_cast<std::array<char, length_bytes>>(static_cast<std::uint64_t>(json.size()));
  return std::string(length.data(), length.size()) + json;
}

/// Reads one file from start to end; what it refuses carries the file's name.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat about {};
    if (!file_.open() || ::fstat(file_.number(), &about) != 0) fail(std::generic_category().message(errno));
    if (!S_ISREG(about.st_mode)) fail("it is not a regular file");
    size_ = static_cast<std::uint64_t>(about.st_size);
  }

  std::uint64_t size() const { return size_; }

  void read(void* into, std::uint64_t bytes) {
    auto* place = static_cast<char*>(into);
    while (bytes > 0) {
      const ssize_t got = ::read(file_.number(), place, bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(std::generic_category().message(errno));
      if (got == 0) fail("it became shorter while it was read");
      place += got;
      bytes -= static_cast<std::uint64_t>(got);
    }
  }

  [[noreturn]] void fail(std::string_view why) const { throw Error(fmt::format("cannot read {}: {}", path_.string(), why)); }

 private:
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

std::string read_header(Reader& reader) {
  if (reader.size() < length_bytes) {
    reader.fail(fmt::format("it has {} bytes, too few for a safetensors file; it may be cut, copy it again", reader.size()));
  }
  std::uint64_t length = 0;
  reader.read(&length, length_bytes);
  if (length > longest_header) {
    reader.fail(
        fmt::format("it is no safetensors file: its header would be {} bytes long, more than {}", length, longest_header));
  }
  if (length > reader.size() - length_bytes) {
    reader.fail(fmt::format("its header is {} bytes long, but only {} follow; it may be cut, copy it again", length,
                            reader.size() - length_bytes));
  }
  std::string json(length, '\0');
  reader.read(json.data(), length);
  return json;
}

at::Tensor read_values(Reader& reader, const TensorEntry& entry) {
  at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.type));
  const std::uint64_t bytes = entry.end - entry.begin;
  if (bytes == 0) return tensor;
  reader.read(tensor.data_ptr(), bytes);
  if (entry.type == at::kBool) {
    const std::span values(static_cast<const unsigned char*>(tensor.data_ptr()), bytes);
    if (std::ranges::any_of(values, [](unsigned char value) { return value > 1; })) {
      reader.fail(fmt::format("tensor {} is of type BOOL, but holds a byte that is neither 0 nor 1", in_quotes(entry.name)));
    }
  }
  return tensor;
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const Tensors& content) {
  Tensors plain{{}, content.metadata};
  for (const auto& [name, tensor] : content.tensors) plain.tensors.emplace_back(name, row_major(path, name, tensor));
  const std::string header = make_header(path, plain);
  std::vector<std::string_view> chunks = {header};
  for (const auto& [name, tensor] : plain.tensors) {
    if (tensor.nbytes() > 0) chunks.emplace_back(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  write_whole_file(path, chunks);
}

Tensors load_safetensors(const std::filesystem::path& path) {
  Reader reader(path);
  const std::string json = read_header(reader);
  Tensors content;
  try {
    Header header = parse_header(json, reader.size() - length_bytes - json.size());
    content.metadata = std::move(header.metadata);
    for (const TensorEntry& entry : header.tensors) content.tensors.emplace_back(entry.name, read_values(reader, entry));
  } catch (const BadHeader& bad) {
    reader.fail(bad.what());
  }
  return content;
}

}  // namespace aviary::weights
