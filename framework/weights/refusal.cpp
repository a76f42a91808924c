#include "weights/refusal.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

namespace aviary::weights {

void cannot_read(const std::filesystem::path& path, const Refusal& refusal) {
  throw Error(fmt::format("cannot read {}: {}", path.string(), refusal.what()));
}

void cannot_write(const std::filesystem::path& path, const Refusal& refusal) {
  throw Error(fmt::format("cannot write {}: {}", path.string(), refusal.what()));
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 200;
  const std::string shown = name.size() > longest ? std::string(name.substr(0, longest)) + "..." : std::string(name);
  return nlohmann::json(shown).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace aviary::weights
