#include "recipe/keys.hpp"

#include <algorithm>

#include <aviary/error.hpp>

#include "recipe/own_tables.hpp"

namespace aviary::recipe {
namespace {

class Keys {
 public:
  explicit Keys(plugins::Catalogue& catalogue) : catalogue_(catalogue) {}

  void add(const std::string& table, const Setting& setting) {
    const std::string name = table + '.' + setting.key();
    if (std::ranges::find(keys_, name, &Key::name) != keys_.end()) return;
    const bool is_switch = setting.type() == Type::boolean;
    keys_.push_back({name, setting.help(), is_switch ? std::vector<std::string>{"true", "false"} : setting.choices()});
  }

  void add_type(const std::string& table, Kind kind) {
    keys_.push_back({table + ".type", "which " + std::string(to_string(kind)), catalogue_.names(kind)});
  }

  void add(const std::string& table, const plugins::Available& available, const ComponentRecipe* recipe) {
    SettingList list;
    try {
      list = catalogue_.settings(available);
    } catch (const Error&) {
      return;
    }
    for (const Setting& setting : list.settings) {
      if (setting.type() == Type::components) continue;
      if (setting.type() != Type::component) {
        add(table, setting);
        continue;
      }
      const std::string inner = table + '.' + setting.key();
      add_type(inner, setting.component_kind());
      if (recipe == nullptr || !recipe->components.contains(setting.key())) continue;
      for (const ComponentRecipe& each : recipe->components.at(setting.key())) add(inner, setting.component_kind(), &each);
    }
  }

  /// Of the recipe's type, or of all.
  void add(const std::string& table, Kind kind, const ComponentRecipe* recipe) {
    for (const plugins::Available& available : catalogue_.available())
      if (available.kind == kind && (recipe == nullptr || recipe->type == available.name)) add(table, available, recipe);
  }

  std::vector<Key> take() { return std::move(keys_); }

 private:
  plugins::Catalogue& catalogue_;
  std::vector<Key> keys_;
};

}  // namespace

std::vector<Key> keys(const Recipe* recipe, plugins::Catalogue& catalogue) {
  Keys keys(catalogue);
  for (const auto& [table, list] : own_tables())
    for (const Setting& setting : list.settings) keys.add(table, setting);
  const auto add = [&](Kind kind, ComponentRecipe Recipe::*component) {
    const std::string table(to_string(kind));
    keys.add_type(table, kind);
    keys.add(table, kind, recipe == nullptr ? nullptr : &(recipe->*component));
  };
  add(Kind::model, &Recipe::model);
  add(Kind::optimizer, &Recipe::optimizer);
  add(Kind::scheduler, &Recipe::scheduler);
  return keys.take();
}

}  // namespace aviary::recipe
