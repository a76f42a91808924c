// Components of the build folder's plugins, made from settings as a recipe would give them.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aviary/plugin.hpp>

#include "framework/recipe/recipes.hpp"

namespace aviary::test {

using Settings = std::vector<std::pair<std::string, Value>>;

/// The plainest of a kind, for components that need one inside.
inline std::string plainest(Kind kind) {
  return kind == Kind::optimizer ? "sgd" : kind == Kind::augmentation ? "horizontal_flip" : "constant";
}

inline recipe::ComponentRecipe component_recipe(Kind kind, const std::string& name, const Settings& settings = {}) {
  plugins::Catalogue& catalogue = built_plugins();
  const plugins::Available* const available = catalogue.find(kind, name);
  if (available == nullptr) throw std::invalid_argument("no plugin " + name);
  recipe::ComponentRecipe component;
  component.type = name;
  component.component = &catalogue.component(*available);
  component.callee = plugins::callee(*available);
  for (const Setting& setting : catalogue.settings(*available).settings) {
    if (setting.type() != Type::component && setting.type() != Type::components)
      component.values[setting.key()] = setting.fallback();
    else if (setting.is_required())
      component.components[setting.key()] = {component_recipe(setting.component_kind(), plainest(setting.component_kind()))};
  }
  for (const auto& [key, value] : settings) component.values.at(key) = value;
  return component;
}

template <class Interface>
std::unique_ptr<Interface> made(const std::string& name, const Settings& settings, const typename Interface::Context& context) {
  return recipe::make<Interface>(component_recipe(Interface::kind, name, settings), context);
}

}  // namespace aviary::test
