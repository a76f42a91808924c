// The JSON at the head of a safetensors file, checked. Apart from the reading of values, since all that a forged file can do to
// us it does here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/ScalarType.h>

namespace aviary::weights {

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

/// Throws Refusal unless the tensors cover the `data_bytes` after the header without gap or overlap.
Header parse_header(std::string_view json, std::uint64_t data_bytes);

}  // namespace aviary::weights
