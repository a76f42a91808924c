#include "weights/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aviary::weights {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, c10::ScalarType>, 10> dtypes = {{
    {"F64", c10::ScalarType::Double},
    {"F32", c10::ScalarType::Float},
    {"F16", c10::ScalarType::Half},
    {"BF16", c10::ScalarType::BFloat16},
    {"I64", c10::ScalarType::Long},
    {"I32", c10::ScalarType::Int},
    {"I16", c10::ScalarType::Short},
    {"I8", c10::ScalarType::Char},
    {"U8", c10::ScalarType::Byte},
    {"BOOL", c10::ScalarType::Bool},
}};

/// LibTorch's operations take no more.
constexpr std::size_t most_dimensions = 64;

/// The header is an object of objects with lists in them; deeper nesting serves nobody but an attacker.
constexpr int deepest = 3;

/// The JSON library keeps the last of two equal keys in silence.
class DuplicateCheck {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > deepest) throw BadHeader("its header is nested too deeply");
    if (event == json::parse_event_t::object_start) keys_[static_cast<std::size_t>(depth)].clear();
    if (event != json::parse_event_t::key) return true;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!keys_[static_cast<std::size_t>(depth) - 1].insert(key).second) {
      throw BadHeader(fmt::format("its header has {} twice", in_quotes(key)));
    }
    return true;
  }

 private:
  std::array<std::set<std::string>, deepest + 1> keys_;
};

json parse_json(std::string_view text) {
  // The reference implementation demands the brace in the first byte, too.
  if (!text.starts_with('{')) throw BadHeader("its header is not a JSON object");
  // The JSON library takes a NUL for the end of the text and would not look behind it.
  if (text.find('\0') != std::string_view::npos) throw BadHeader("its header is not valid JSON");
  DuplicateCheck check;
  try {
    return json::parse(text, std::ref(check));
  } catch (const json::exception&) {
    throw BadHeader("its header is not valid JSON");
  }
}

std::map<std::string, std::string> read_metadata(const json& value) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) throw BadHeader("its __metadata__ is not an object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) throw BadHeader(fmt::format("{} in its __metadata__ is not a string", in_quotes(key)));
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

const json& member(const json& entry, const std::string& name, const char* key) {
  if (!entry.is_object() || !entry.contains(key)) throw BadHeader(fmt::format("tensor {} has no {}", in_quotes(name), key));
  return entry.at(key);
}

std::vector<std::int64_t> read_shape(const json& value, const std::string& name) {
  std::vector<std::int64_t> shape;
  if (!value.is_array()) throw BadHeader(fmt::format("the shape of tensor {} is not a list", in_quotes(name)));
  if (value.size() > most_dimensions) {
    throw BadHeader(fmt::format("tensor {} has {} dimensions, more than {}", in_quotes(name), value.size(), most_dimensions));
  }
  for (const json& size : value) {
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
      throw BadHeader(fmt::format("the shape of tensor {} holds {}, which is no size", in_quotes(name), size.dump()));
    }
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

/// Also the strides of an empty tensor must not overflow, so a 0 counts as 1 until the end.
std::uint64_t count_bytes(const TensorEntry& entry) {
  std::uint64_t bytes = c10::elementSize(entry.type);
  bool empty = false;
  for (const std::int64_t size : entry.shape) {
    empty = empty || size == 0;
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1)), &bytes) ||
        bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw BadHeader(fmt::format("the shape of tensor {} is too large for any file", in_quotes(entry.name)));
    }
  }
  return empty ? 0 : bytes;
}

TensorEntry read_entry(const std::string& name, const json& value) {
  TensorEntry entry;
  entry.name = name;
  const json& dtype = member(value, name, "dtype");
  if (dtype.is_string()) entry.type = scalar_type(dtype.get_ref<const std::string&>());
  if (entry.type == c10::ScalarType::Undefined) {
    throw BadHeader(fmt::format("tensor {} is of type {}; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL",
                                in_quotes(name), dtype.dump()));
  }
  entry.shape = read_shape(member(value, name, "shape"), name);
  const json& offsets = member(value, name, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    throw BadHeader(fmt::format("the data_offsets of tensor {} are not two byte numbers", in_quotes(name)));
  }
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  return entry;
}

void check_place(const TensorEntry& entry, std::uint64_t expected_begin, std::uint64_t data_bytes) {
  if (entry.end < entry.begin) throw BadHeader(fmt::format("tensor {} ends before it begins", in_quotes(entry.name)));
  if (entry.end > data_bytes) {
    throw BadHeader(fmt::format("tensor {} ends at byte {} of the data, but the file has only {}; it may be cut, copy it again",
                                in_quotes(entry.name), entry.end, data_bytes));
  }
  if (const std::uint64_t bytes = count_bytes(entry); bytes != entry.end - entry.begin) {
    throw BadHeader(fmt::format("tensor {} takes {} bytes by its type and shape, but its data_offsets span {}",
                                in_quotes(entry.name), bytes, entry.end - entry.begin));
  }
  if (entry.begin < expected_begin) {
    throw BadHeader(fmt::format("tensor {} overlaps the one before it", in_quotes(entry.name)));
  }
  if (entry.begin > expected_begin) {
    throw BadHeader(
        fmt::format("{} bytes before tensor {} belong to none", entry.begin - expected_begin, in_quotes(entry.name)));
  }
}

}  // namespace

std::string_view safetensors_dtype(c10::ScalarType type) {
  const auto* found = std::ranges::find(dtypes, type, [](const auto& pair) { return pair.second; });
  return found == dtypes.end() ? std::string_view() : found->first;
}

c10::ScalarType scalar_type(std::string_view safetensors_dtype) {
  const auto* found = std::ranges::find(dtypes, safetensors_dtype, [](const auto& pair) { return pair.first; });
  return found == dtypes.end() ? c10::ScalarType::Undefined : found->second;
}

std::string in_quotes(std::string_view name) { return json(name).dump(-1, ' ', false, json::error_handler_t::replace); }

Header parse_header(std::string_view text, std::uint64_t data_bytes) {
  Header header;
  for (const json parsed = parse_json(text); const auto& [name, value] : parsed.items()) {
    if (name == "__metadata__") {
      header.metadata = read_metadata(value);
    } else {
      header.tensors.push_back(read_entry(name, value));
    }
  }
  std::ranges::sort(header.tensors, {}, [](const TensorEntry& entry) { return std::tie(entry.begin, entry.end, entry.name); });
  std::uint64_t covered = 0;
  for (const TensorEntry& entry : header.tensors) {
    check_place(entry, covered, data_bytes);
    covered = entry.end;
  }
  if (covered != data_bytes) throw BadHeader(fmt::format("its last {} bytes belong to no tensor", data_bytes - covered));
  return header;
}

}  // namespace aviary::weights
