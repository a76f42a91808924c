// The types of values that weights may have: those that both formats know.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>

#include <c10/core/ScalarType.h>

namespace aviary::weights {

struct Dtype {
  c10::ScalarType type;
  std::string_view name;         ///< PyTorch's, as people see it
  std::string_view safetensors;  ///< in a safetensors header
  std::string_view storage;      ///< the class in a PyTorch file
};

inline constexpr std::array<Dtype, 10> dtypes = {{
    {c10::ScalarType::Double, "float64", "F64", "DoubleStorage"},
    {c10::ScalarType::Float, "float32", "F32", "FloatStorage"},
    {c10::ScalarType::Half, "float16", "F16", "HalfStorage"},
    {c10::ScalarType::BFloat16, "bfloat16", "BF16", "BFloat16Storage"},
    {c10::ScalarType::Long, "int64", "I64", "LongStorage"},
    {c10::ScalarType::Int, "int32", "I32", "IntStorage"},
    {c10::ScalarType::Short, "int16", "I16", "ShortStorage"},
    {c10::ScalarType::Char, "int8", "I8", "CharStorage"},
    {c10::ScalarType::Byte, "uint8", "U8", "ByteStorage"},
    {c10::ScalarType::Bool, "bool", "BOOL", "BoolStorage"},
}};

/// find_dtype(&Dtype::safetensors, "BF16"); nullptr when there is none.
template <typename Key>
const Dtype* find_dtype(Key Dtype::*member, const std::type_identity_t<Key>& key) {
  const auto* const found = std::ranges::find(dtypes, key, member);
  return found == dtypes.end() ? nullptr : found;
}

}  // namespace aviary::weights
