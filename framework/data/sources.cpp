#include "data/sources.hpp"

namespace aviary::data {

std::optional<std::string_view> part_called(std::string_view name) {
  if (name == "train" || name == "test") return name == "train" ? "train" : "test";
  if (name == "valid" || name == "validation" || name == "val") return "validation";
  return std::nullopt;
}

Split& split_of(Collection& collection, std::string_view part) {
  if (part == "train") return collection.train;
  return part == "test" ? collection.test : collection.validation;
}

}  // namespace aviary::data
