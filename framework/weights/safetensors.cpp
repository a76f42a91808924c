#include "weights/safetensors.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "weights/dtype.hpp"
#include "weights/input_file.hpp"
#include "weights/refusal.hpp"
#include "weights/safetensors_header.hpp"
#include "weights/tensor_checks.hpp"
#include "weights/whole_file.hpp"

namespace aviary::weights {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and values are copied as they are");

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // the reference implementation's

/// Text as JSON writes it.
std::string key(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Refusal(fmt::format("the metadata {} is not valid UTF-8", in_quotes(text)));
  }
}

void append_metadata(const std::map<std::string, std::string>& metadata, std::string& json) {
  if (metadata.empty()) return;
  std::vector<std::string> pairs;
  for (const auto& [name, text] : metadata) pairs.push_back(key(name) + ":" + key(text));
  json += fmt::format("\"__metadata__\":{{{}}},", fmt::join(pairs, ","));
}

/// The length, the JSON, and spaces so that the values begin at a multiple of 8.
std::string make_header(const Tensors& content) {
  std::string json = "{";
  append_metadata(content.metadata, json);
  std::uint64_t begin = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (name == "__metadata__") throw Refusal("tensor \"__metadata__\" has the name that the format keeps for metadata");
    const std::uint64_t end = begin + tensor.nbytes();
    json +=
        fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}},", key(name),
                    find_dtype(&Dtype::type, tensor.scalar_type())->safetensors, fmt::join(tensor.sizes(), ","), begin, end);
    begin = end;
  }
  if (json.back() == ',') json.pop_back();
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const auto length = std::bit_cast<std::array<char, length_bytes>>(static_cast<std::uint64_t>(json.size()));
  return std::string(length.data(), length.size()) + json;
}

std::string read_header(InputFile& file) {
  if (file.size() < length_bytes)
    throw Refusal(fmt::format("it has {} bytes, too few for a safetensors file; it may be cut, copy it again", file.size()));
  std::uint64_t length = 0;
  file.read(&length, length_bytes);
  if (length > longest_header)
    throw Refusal(
        fmt::format("it is no safetensors file: its header would be {} bytes long, more than {}", length, longest_header));
  if (length > file.size() - length_bytes)
    throw Refusal(fmt::format("its header is {} bytes long, but only {} follow; it may be cut, copy it again", length,
                              file.size() - length_bytes));
  std::string json(length, '\0');
  file.read(json.data(), length);
  return json;
}

at::Tensor read_values(InputFile& file, const TensorEntry& entry) {
  at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.type));
  if (tensor.nbytes() > 0) file.read(tensor.data_ptr(), tensor.nbytes());
  check_bools(entry.name, tensor);
  return tensor;
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const Tensors& content) {
  Tensors plain{{}, content.metadata};
  std::string header;
  try {
    plain.tensors = writable(content.tensors);
    header = make_header(plain);
  } catch (const Refusal& refusal) {
    cannot_write(path, refusal);
  }
  std::vector<std::string_view> chunks = {header};
  for (const auto& [name, tensor] : plain.tensors) {
    if (tensor.nbytes() > 0) chunks.emplace_back(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  write_whole_file(path, chunks);
}

Tensors load_safetensors(const std::filesystem::path& path) {
  Tensors content;
  try {
    InputFile file(path);
    const std::string json = read_header(file);
    Header header = parse_header(json, file.size() - length_bytes - json.size());
    content.metadata = std::move(header.metadata);
    for (const TensorEntry& entry : header.tensors) content.tensors.emplace_back(entry.name, read_values(file, entry));
  } catch (const Refusal& refusal) {
    cannot_read(path, refusal);
  }
  return content;
}

}  // namespace aviary::weights
