#include "weights/tensor_checks.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "weights/dtype.hpp"
#include "weights/refusal.hpp"

namespace aviary::weights {

namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Refusal(fmt::format("tensor {} {}", in_quotes(name), why));
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

at::Tensor row_major(std::string_view name, const at::Tensor& tensor) {
  if (!tensor.defined()) refuse(name, "is undefined");
  if (tensor.layout() != at::kStrided) refuse(name, "is sparse, which the format cannot hold");
  if (find_dtype(&Dtype::type, tensor.scalar_type()) == nullptr)
    refuse(name, fmt::format("is of type {}, which the format does not know", c10::toString(tensor.scalar_type())));
  return tensor.detach().cpu().contiguous(at::MemoryFormat::Contiguous);
}

}  // namespace

std::uint64_t count_bytes(std::string_view name, c10::ScalarType type, c10::IntArrayRef shape) {
  std::uint64_t bytes = c10::elementSize(type);
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1)), &bytes) ||
        bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw Refusal(fmt::format("the shape of tensor {} is too large for any file", in_quotes(name)));
    }
  }
  return std::ranges::find(shape, 0) == shape.end() ? bytes : 0;
}

void check_bools(std::string_view name, const at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kBool) return;
  const std::span values(static_cast<const unsigned char*>(tensor.data_ptr()), tensor.nbytes());
  if (std::ranges::any_of(values, [](unsigned char value) { return value > 1; }))
    refuse(name, "is of type bool, but holds a byte that is neither 0 nor 1");
}

NamedTensors writable(const NamedTensors& tensors) {
  NamedTensors plain;
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (!is_utf8(name)) refuse(name, "has a name that is not valid UTF-8");
    if (!names.insert(name).second) refuse(name, "is there twice");
    plain.emplace_back(name, row_major(name, tensor));
  }
  return plain;
}

}  // namespace aviary::weights
