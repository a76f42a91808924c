#include "search/grid.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "recipe/complaint.hpp"
#include "recipe/variation.hpp"

namespace aviary::search {
namespace {

std::string key_of(const std::string& name, const recipe::ComponentRecipe& model) {
  std::vector<std::string> known;
  for (const std::string& key : recipe::numeric_settings(model)) known.push_back("model." + key);
  if (std::ranges::count(known, name) > 0) return name.substr(name.find('.') + 1);
  for (const Setting& setting : model.component->settings().settings)
    if ("model." + setting.key() == name && setting.fallback().index() == 0)
      throw Error(fmt::format("--vary {0}: it has no value to begin with; expected {1}, in the recipe or with --set {0}=...",
                              name, setting.expected()),
                  Fault::usage);
  throw Error(fmt::format("--vary {}: the recipe's {} has no such number{}", name, model.type, recipe::suggestion(name, known)),
              Fault::usage);
}

}  // namespace

Grid::Grid(const recipe::ComponentRecipe& model, const std::vector<std::string>& vary, std::optional<double> step)
    : model_(model) {
  for (const std::string& name : vary)
    if (const std::string key = key_of(name, model); std::ranges::count(keys_, key) == 0) keys_.push_back(key);
  const bool whole = single() && std::holds_alternative<std::int64_t>(model.values.at(keys_.front()));
  step_ = step.value_or(whole ? 1 : 0.01);
  if (whole && step_ != std::floor(step_))
    throw Error(fmt::format("--step {}: {} is a whole number; expected a whole step", step_, vary.front()), Fault::usage);
}

bool Grid::single() const {
  const Value& value = model_.values.at(keys_.front());
  return keys_.size() == 1 && (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value));
}

// The nearest number of nine decimals, so that 113 steps of 0.01 are 1.13.
double Grid::value(std::int64_t point) const { return std::round(static_cast<double>(point) * step_ * 1e9) / 1e9; }

std::int64_t Grid::start() const {
  if (!single()) return std::llround(1 / step_);
  const Value& value = model_.values.at(keys_.front());
  const auto* const whole = std::get_if<std::int64_t>(&value);
  return std::llround((whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value)) / step_);
}

recipe::ComponentRecipe Grid::at(std::int64_t point) const {
  recipe::ComponentRecipe model = model_;
  for (const std::string& key : keys_) {
    Value& number = model.values.at(key);
    if (!single())
      number = recipe::scaled(number, value(point));
    else if (std::holds_alternative<double>(number))
      number = value(point);
    else
      number = std::llround(value(point));
  }
  return model;
}

std::optional<double> Grid::factor(std::int64_t point) const { return single() ? std::nullopt : std::optional(value(point)); }

}  // namespace aviary::search
