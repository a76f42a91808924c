// The JSON at the head of a safetensors file, checked. Apart from the reading of values, since all that a forged file can do to
// us it does here.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/ScalarType.h>

namespace aviary::weights {

/// The name of a type in the format ("BF16"), empty for types that it does not know; and the other way, Undefined when unknown.
std::string_view safetensors_dtype(c10::ScalarType type);
c10::ScalarType scalar_type(std::string_view safetensors_dtype);

/// A name as it is shown to people: in quotes, with control characters escaped.
std::string in_quotes(std::string_view name);

/// Why a header is refused, without the file's name, which its reader adds.
class BadHeader : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TensorEntry {
  std::string name;
  c10::ScalarType type = c10::ScalarType::Undefined;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< first byte, counted from the end of the header
  std::uint64_t end = 0;    ///< one past the last byte
};

struct Header {
  std::vector<TensorEntry> tensors;  ///< in the order of their bytes
  std::map<std::string, std::string> metadata;
};

/// Throws BadHeader unless the tensors cover the `data_bytes` after the header without gap or overlap.
Header parse_header(std::string_view json, std::uint64_t data_bytes);

}  // namespace aviary::weights
