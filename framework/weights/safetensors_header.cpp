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

#include "weights/dtype.hpp"
#include "weights/refusal.hpp"
#include "weights/tensor_checks.hpp"

namespace aviary::weights {

namespace {

using nlohmann::json;

/// The header is an object of objects with lists in them; deeper nesting serves nobody but an attacker.
constexpr int deepest = 3;

/// The JSON library keeps the last of two equal keys in silence.
class DuplicateCheck {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > deepest) throw Refusal("its header is nested too deeply");
    if (event == json::parse_event_t::object_start) keys_[static_cast<std::size_t>(depth)].clear();
    if (event != json::parse_event_t::key) return true;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!keys_[static_cast<std::size_t>(depth) - 1].insert(key).second) {
      throw Refusal(fmt::format("its header has {} twice", in_quotes(key)));
    }
    return true;
  }

 private:
  std::array<std::set<std::string>, deepest + 1> keys_;
};

json parse_json(std::string_view text) {
  // The reference implementation demands the brace in the first byte, too.
  if (!text.starts_with('{')) throw Refusal("its header is not a JSON object");
  // The JSON library takes a NUL for the end of the text and would not look behind it.
  if (text.find('\0') != std::string_view::npos) throw Refusal("its header is not valid JSON");
  DuplicateCheck check;
  try {
    return json::parse(text, std::ref(check));
  } catch (const json::exception&) {
    throw Refusal("its header is not valid JSON");
  }
}

std::map<std::string, std::string> read_metadata(const json& value) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) throw Refusal("its __metadata__ is not an object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) throw Refusal(fmt::format("{} in its __metadata__ is not a string", in_quotes(key)));
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

const json& member(const json& entry, const std::string& name, const char* key) {
  if (!entry.is_object() || !entry.contains(key)) throw Refusal(fmt::format("tensor {} has no {}", in_quotes(name), key));
  return entry.at(key);
}

std::vector<std::int64_t> read_shape(const json& value, const std::string& name) {
  std::vector<std::int64_t> shape;
  if (!value.is_array()) throw Refusal(fmt::format("the shape of tensor {} is not a list", in_quotes(name)));
  if (value.size() > most_dimensions) {
    throw Refusal(fmt::format("tensor {} has {} dimensions, more than {}", in_quotes(name), value.size(), most_dimensions));
  }
  for (const json& size : value) {
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
      throw Refusal(fmt::format("the shape of tensor {} holds {}, which is no size", in_quotes(name), size.dump()));
    }
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

TensorEntry read_entry(const std::string& name, const json& value) {
  TensorEntry entry;
  entry.name = name;
  const json& dtype = member(value, name, "dtype");
  const Dtype* const known = dtype.is_string() ? find_dtype(&Dtype::safetensors, dtype.get_ref<const std::string&>()) : nullptr;
  if (known == nullptr) {
    throw Refusal(fmt::format("tensor {} is of type {}; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL",
                              in_quotes(name), dtype.dump()));
  }
  entry.type = known->type;
  entry.shape = read_shape(member(value, name, "shape"), name);
  const json& offsets = member(value, name, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    throw Refusal(fmt::format("the data_offsets of tensor {} are not two byte numbers", in_quotes(name)));
  }
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  return entry;
}

void check_place(const TensorEntry& entry, std::uint64_t expected_begin, std::uint64_t data_bytes) {
  if (entry.end < entry.begin) throw Refusal(fmt::format("tensor {} ends before it begins", in_quotes(entry.name)));
  if (entry.end > data_bytes) {
    throw Refusal(fmt::format("tensor {} ends at byte {} of the data, but the file has only {}; it may be cut, copy it again",
                              in_quotes(entry.name), entry.end, data_bytes));
  }
  if (const std::uint64_t bytes = count_bytes(entry.name, entry.type, entry.shape); bytes != entry.end - entry.begin) {
    throw Refusal(fmt::format("tensor {} takes {} bytes by its type and shape, but its data_offsets span {}",
                              in_quotes(entry.name), bytes, entry.end - entry.begin));
  }
  if (entry.begin < expected_begin) {
    throw Refusal(fmt::format("tensor {} overlaps the one before it", in_quotes(entry.name)));
  }
  if (entry.begin > expected_begin) {
    throw Refusal(fmt::format("{} bytes before tensor {} belong to none", entry.begin - expected_begin, in_quotes(entry.name)));
  }
}

}  // namespace

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
  if (covered != data_bytes) throw Refusal(fmt::format("its last {} bytes belong to no tensor", data_bytes - covered));
  return header;
}

}  // namespace aviary::weights
