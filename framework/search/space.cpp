#include "search/space.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "recipe/values.hpp"

namespace aviary::search {
namespace {

using recipe::Complaint;
using recipe::Entry;
using recipe::Node;

constexpr std::array<std::pair<const char*, Dimension::Kind>, 4> kinds = {{{"choice", Dimension::Kind::choice},
                                                                           {"int", Dimension::Kind::integer},
                                                                           {"uniform", Dimension::Kind::uniform},
                                                                           {"log_uniform", Dimension::Kind::log_uniform}}};

constexpr const char* examples =
    "expected { choice = [16, 32] }, { int = [10, 20] }, { uniform = [0.1, 0.5] } or { log_uniform = [1e-4, 0.1] }";

const std::pair<const char*, Dimension::Kind>* kind_of(const Node& node) {
  if (node.table() == nullptr || node.table()->entries.size() != 1) return nullptr;
  const auto* const found =
      std::ranges::find_if(kinds, [&](const auto& kind) { return kind.first == node.table()->entries.front().key; });
  return found == kinds.end() ? nullptr : found;
}

std::optional<double> number_of(const Node& node) {
  const auto value = recipe::value_of(node, Type::number);
  return value ? std::optional(std::get<double>(*value)) : std::nullopt;
}

std::string label_of(const Node& node) { return node.text() != nullptr ? *node.text() : recipe::inline_toml(node); }

class Reader {
 public:
  void read(const Entry& entry, const std::string& key) {
    const auto* const kind = kind_of(entry.node);
    if (kind != nullptr) {
      Dimension dimension{.key = key, .place = entry.place, .kind = kind->second};
      const Entry& values = entry.node.table()->entries.front();
      if (kind->second == Dimension::Kind::choice)
        read_choices(values, dimension);
      else
        read_bounds(values, dimension);
      dimensions.push_back(std::move(dimension));
    } else if (entry.node.table() != nullptr && !entry.node.table()->entries.empty()) {
      for (const Entry& inner : entry.node.table()->entries) read(inner, key + '.' + inner.key);
    } else {
      std::string near = recipe::suggestion(entry.key, {"choice", "int", "uniform", "log_uniform"});
      if (near.starts_with("; known")) near.clear();
      complain(entry.node, fmt::format("space.{} is {}; {}{}", key, recipe::type_name(entry.node), examples, near));
    }
  }

  std::vector<Dimension> dimensions;
  std::vector<Complaint> complaints;

 private:
  void complain(const Node& node, std::string message) { complaints.push_back({node.place, std::move(message)}); }

  void read_choices(const Entry& values, Dimension& dimension) {
    if (values.node.list() != nullptr) {
      for (const Node& node : *values.node.list()) dimension.choices.push_back({label_of(node), node});
    } else if (values.node.table() != nullptr) {
      for (const Entry& entry : values.node.table()->entries) dimension.choices.push_back({entry.key, entry.node});
    }
    if (dimension.choices.empty())
      complain(values.node,
               fmt::format(
                   "space.{}.choice is {}; expected a list of values, or a table that names them", dimension.key,
                   values.node.list() != nullptr || values.node.table() != nullptr ? "empty" : recipe::type_name(values.node)));
  }

  void read_bounds(const Entry& values, Dimension& dimension) {
    const auto* const list = values.node.list();
    const bool two = list != nullptr && list->size() == 2;
    const auto low = two ? number_of(list->front()) : std::nullopt;
    const auto high = two ? number_of(list->back()) : std::nullopt;
    const bool whole = low && high && *low == std::floor(*low) && *high == std::floor(*high);
    const bool logarithmic = dimension.kind == Dimension::Kind::log_uniform;
    if (!low || !high || !(*low < *high) || (logarithmic && *low <= 0) ||
        (dimension.kind == Dimension::Kind::integer && !whole))
      return complain(values.node,
                      fmt::format("space.{}.{} is {}; expected two {}numbers{}, the lower one first", dimension.key, values.key,
                                  recipe::inline_toml(values.node), dimension.kind == Dimension::Kind::integer ? "whole " : "",
                                  logarithmic ? " above 0" : ""));
    dimension.low = *low;
    dimension.high = *high;
  }
};

Choice integer_choice(const Dimension& dimension, std::int64_t number) {
  return {std::to_string(number), {dimension.place, number}};
}

Choice number_choice(const Dimension& dimension, double number) {
  const std::string label = fmt::format("{:.4g}", number);
  return {label, {dimension.place, std::stod(label)}};
}

}  // namespace

std::optional<std::size_t> Dimension::count() const {
  if (kind == Kind::choice) return choices.size();
  if (kind == Kind::integer) return static_cast<std::size_t>(high - low) + 1;
  return std::nullopt;
}

Choice Dimension::at(std::size_t number) const {
  return kind == Kind::choice ? choices.at(number)
                              : integer_choice(*this, static_cast<std::int64_t>(low) + static_cast<std::int64_t>(number));
}

Choice Dimension::draw(Rng& rng) const {
  if (const auto values = count()) return at(static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(*values) - 1)));
  const bool logarithmic = kind == Kind::log_uniform;
  const double drawn = rng.uniform(logarithmic ? std::log(low) : low, logarithmic ? std::log(high) : high);
  return number_choice(*this, std::clamp(logarithmic ? std::exp(drawn) : drawn, low, high));
}

std::vector<Choice> Dimension::corners() const {
  if (kind == Kind::choice) return choices;
  if (kind == Kind::integer) return {at(0), at(*count() - 1)};
  return {number_choice(*this, low), number_choice(*this, high)};
}

bool are_numbers(const std::vector<std::string>& labels) {
  return std::ranges::all_of(labels, [](const std::string& label) {
    char* end = nullptr;
    std::strtod(label.c_str(), &end);
    return !label.empty() && *end == '\0';
  });
}

std::vector<Dimension> read_space(const Node& space) {
  Reader reader;
  if (space.table() == nullptr || space.table()->entries.empty())
    throw recipe::RecipeError({{space.place,
                                "[space] is empty; expected keys of the recipe, such as \"optimizer.lr\" = "
                                "{ log_uniform = [1e-4, 0.1] }"}});
  for (const Entry& entry : space.table()->entries) reader.read(entry, entry.key);
  if (!reader.complaints.empty()) throw recipe::RecipeError(std::move(reader.complaints));
  return reader.dimensions;
}

}  // namespace aviary::search
