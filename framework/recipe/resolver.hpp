// Reads the tables of a recipe into settings and components, and gathers what is wrong with them. Used by resolve() alone.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.hpp"

namespace aviary::recipe {

class Resolver {
 public:
  explicit Resolver(plugins::Catalogue& catalogue) : catalogue_(catalogue) {}

  /// Reads a table of the host's own; `path` is its name for messages, `other_keys` are read by somebody else. `table` may be
  /// null: then all is default. What was read goes to `resolved`.
  template <class Section>
  Section section(const Table* table, const Place& place, const std::string& path, const std::vector<std::string>& other_keys,
                  Table& resolved) {
    const ParamList<Section> list;
    Values values;
    values.plain = settings(table, place, path, list.settings(), other_keys, resolved, nullptr);
    return list.read(values);
  }

  /// Reads a component's table. A model's and an optimizer's may hold the host's own settings (Start, Decay) beside the
  /// plugin's.
  ComponentRecipe component(Kind kind, const Node& node, const std::string& path, Node& resolved) {
    return component(kind, node, path, resolved, own_keys(kind));
  }

  /// A list of components' tables. Precondition: `list` is a list.
  std::vector<ComponentRecipe> components(Kind kind, const Node& list, const std::string& path, Node& resolved);

  /// The component of a kind that has one at most; none where no plugin offers it. `wanted` says in which setting, at `place`.
  std::optional<ComponentRecipe> only(Kind kind, const Place& place, const std::string& wanted);

  /// A table of numbers from 0 on under names that its author chooses.
  std::vector<std::pair<std::string, double>> factors(const Entry& entry, const std::string& path);

  void complain(const Place& place, std::string message) { complaints_.push_back({place, std::move(message)}); }
  /// Throws RecipeError when there were complaints.
  void finish();

 private:
  /// What a component's table holds beside the plugin's settings.
  struct OwnKeys {
    std::vector<Setting> settings;
    std::vector<std::string> others;  ///< that somebody else reads
  };

  static OwnKeys own_keys(Kind kind);
  ComponentRecipe component(Kind kind, const Node& node, const std::string& path, Node& resolved, const OwnKeys& own);
  std::string unknown_type(Kind kind, const std::string& name, const std::string& path) const;
  ComponentRecipe component_of(const plugins::Available& available, const Table& table, const Place& type_place,
                               const Place& place, const std::string& path, Node& resolved, const OwnKeys& own);
  std::map<std::string, Value> settings(const Table* table, const Place& place, const std::string& path,
                                        const SettingList& list, const std::vector<std::string>& other_keys, Table& resolved,
                                        ComponentRecipe* recipe);
  Value checked(const Setting& setting, const Node& node, const std::string& name);
  void complain_of_type(const Setting& setting, const Node& node, const std::string& name);
  void nested(const Setting& setting, const Entry& entry, const std::string& name, Table& resolved, ComponentRecipe& recipe);
  void complain_of_unknown_keys(const Table& table, const std::string& path, const SettingList& list,
                                const std::vector<std::string>& other_keys);
  void complain_of_rules(const Table* table, const Place& place, const std::string& path, const SettingList& list,
                         const Values& values);

  plugins::Catalogue& catalogue_;
  std::vector<Complaint> complaints_;
};

}  // namespace aviary::recipe
