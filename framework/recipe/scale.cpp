#include "recipe/scale.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "recipe/values.hpp"
#include "recipe/variation.hpp"

namespace aviary::recipe {
namespace {

std::int64_t scaled_epochs(std::int64_t epochs, double fraction) {
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(epochs) * fraction));
}

// Epochs of an ascending list that have come to be the same make room in front.
void keep_ascending(std::vector<std::int64_t>& epochs) {
  for (std::size_t i = epochs.size(); i-- > 1;) epochs[i - 1] = std::min(epochs[i - 1], epochs[i] - 1);
}

// Rounded, to what the setting allows.
Value scaled_epochs(const Setting& setting, const Value& epochs, double fraction) {
  Value few = scaled(epochs, fraction);
  if (setting.allows(few)) return few;
  if (auto* const list = std::get_if<std::vector<std::int64_t>>(&few)) keep_ascending(*list);
  return std::holds_alternative<std::int64_t>(few) ? Value(std::int64_t{1}) : few;
}

// The settings of a component's table that count epochs, and those of the components in it.
void scale_component(Node& node, const ComponentRecipe& component, double fraction) {
  for (const Setting& setting : component.component->settings().settings) {
    Entry* const entry = node.table()->find(setting.key());
    if (entry != nullptr && setting.counts_epochs())
      entry->node = node_of(scaled_epochs(setting, component.values.at(setting.key()), fraction), {});
  }
  for (const auto& [key, inner] : component.components) {
    Node& held = node.table()->find(key)->node;
    auto* const list = std::get_if<std::vector<Node>>(&held.value);
    for (std::size_t i = 0; i < inner.size(); ++i) scale_component(list == nullptr ? held : (*list)[i], inner[i], fraction);
  }
}

}  // namespace

std::int64_t scaled_side(std::int64_t side, double fraction) {
  return std::max<std::int64_t>(16, 8 * std::llround(static_cast<double>(side) * std::sqrt(fraction) / 8));
}

std::vector<std::string> scale(const Recipe& recipe, double fraction) {
  Node resolved = recipe.resolved;
  std::vector<std::string> settings;
  const auto set = [&](std::string_view key, const std::string& value) {
    settings.push_back(fmt::format("{}={}", key, value));
  };
  set("training.epochs", fmt::format("{}", scaled_epochs(recipe.training.epochs, fraction)));
  set("data.fraction", fmt::format("{}", recipe.data.fraction * fraction));
  set("data.image_size", fmt::format("{}", scaled_side(recipe.data.image_size, fraction)));
  if (recipe.data.load_size) set("data.load_size", fmt::format("{}", scaled_side(*recipe.data.load_size, fraction)));
  if (recipe.swa) set("swa.epochs", fmt::format("{}", scaled_epochs(recipe.swa->epochs, fraction)));
  if (recipe.early_stopping)
    set("early_stopping.patience", fmt::format("{}", scaled_epochs(recipe.early_stopping->patience, fraction)));

  Node& scheduler = resolved.table()->find("scheduler")->node;
  scale_component(scheduler, recipe.scheduler, fraction);
  set("scheduler", inline_toml(scheduler));
  if (Entry* const curriculum = resolved.table()->find("curriculum")) {
    for (Node& phase : std::get<std::vector<Node>>(curriculum->node.value))
      if (Entry* const epochs = phase.table()->find("epochs"))
        epochs->node.value = scaled_epochs(std::get<std::int64_t>(epochs->node.value), fraction);
    set("curriculum", inline_toml(curriculum->node));
  }
  return settings;
}

}  // namespace aviary::recipe
