// Every key that --set may override: those of the host's tables, and those that plugins declare. Asked for by shell completion,
// on the main thread.
#pragma once

#include <string>
#include <vector>

#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"

namespace aviary::recipe {

struct Key {
  std::string name;  ///< "optimizer.lr"
  std::string help;
  std::vector<std::string> values;  ///< all that it may have, where these can be listed
};

/// With `recipe` those of its own model, optimizer and scheduler; without, of all that the catalogue has. Plugins that will not
/// load are passed over. Not told: augmentations and phases, which are lists.
std::vector<Key> keys(const Recipe* recipe, plugins::Catalogue& catalogue);

}  // namespace aviary::recipe
