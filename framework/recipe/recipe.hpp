// A recipe, resolved: every table read into its settings, every component looked up among the plugins, every key accounted for.
// Complaints come all at once. Reading a recipe touches no data and makes no model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aviary/params.hpp>
#include <aviary/plugin.hpp>

#include "plugins/border.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/document.hpp"
#include "recipe/sections.hpp"

namespace aviary::recipe {

/// A component's table, checked: make() turns it into an object as often as needed.
struct ComponentRecipe {
  std::string type;
  const Component* component = nullptr;
  plugins::Callee callee;
  Place place;  ///< of its `type`
  std::map<std::string, Value> values;
  std::map<std::string, std::vector<ComponentRecipe>> components;
};

/// What some epochs in a row train on.
struct Phase {
  Place place = {};
  std::int64_t epochs = 0;                                   ///< 0: those that are left
  double strength = 1;                                       ///< how often augmentations are drawn, of their own probability
  std::optional<std::vector<ComponentRecipe>> augment = {};  ///< in place of the recipe's
  double epoch_fraction = 1;                                 ///< of the training pictures
  std::string pattern = "A";                                 ///< plain (P) and augmented (A) epochs in turn

  /// `epoch` counts from 0 within the phase.
  bool augmented(std::int64_t epoch) const;
};

struct Recipe {
  std::string name;  ///< "rexnet/attempt-3": the file below recipes/, or its stem
  std::vector<std::string> files;
  Data data;
  Training training;
  Loss loss;
  Gradient gradient;
  std::optional<Ema> ema;
  std::optional<Swa> swa;
  std::optional<EarlyStopping> early_stopping;
  Checkpoint checkpoint;
  Log log;
  std::vector<ComponentRecipe> sinks;  ///< [log] plugins
  Limits limits;
  Provenance provenance;
  Published published;
  std::map<std::string, std::string> silenced;  ///< [lint]: rules, each with the reason
  ComponentRecipe model;
  Start start;
  ComponentRecipe optimizer;
  Decay decay;
  ComponentRecipe scheduler;
  std::vector<ComponentRecipe> augment;
  std::optional<ComponentRecipe> augmenter;  ///< of data.augment_on = "device", where there is one
  std::optional<ComponentRecipe> decoder;    ///< of data.decode_on = "device", likewise
  std::vector<Phase> curriculum;             ///< at least one
  Node resolved;                             ///< all of it, defaults included, with origins: for showing and writing
  std::vector<Complaint> warnings;  ///< what was cut, since the command line made the training shorter; what "auto" became
};

/// Tables that a recipe can do without. `ema = false` leaves out what a parent has.
const std::vector<std::string>& dispensable_tables();

/// Throws RecipeError with every complaint.
Recipe resolve(Document document, plugins::Catalogue& catalogue);

/// find_recipe, read_document, override_values and resolve.
Recipe read_recipe(const std::string& recipe, const std::vector<std::string>& settings, plugins::Catalogue& catalogue);

/// One component by itself, from a table with its `type` and settings. Throws RecipeError.
ComponentRecipe read_component(Kind kind, const Node& node, plugins::Catalogue& catalogue);

/// The same component as an untyped object; use make().
Made make_untyped(const ComponentRecipe& recipe, const void* context);

/// A new object of a component, and of those in its settings, all with the same context. Throws Error in the component's name.
template <class Interface>
std::unique_ptr<Interface> make(const ComponentRecipe& recipe, const typename Interface::Context& context) {
  return std::unique_ptr<Interface>(static_cast<Interface*>(make_untyped(recipe, &context).release()));
}

}  // namespace aviary::recipe
