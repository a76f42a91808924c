// What changed from one resolved recipe to another, key by key.
#pragma once

#include <string>
#include <vector>

#include "recipe/document.hpp"

namespace aviary::recipe {

/// One changed key. Where a side does not have the key, its text is empty.
struct Change {
  std::string key;  ///< "optimizer.lr"; augmentations by type: "augment.rotate.degrees"
  std::string before;
  std::string after;
  Place before_place;
  Place after_place;
};

/// In the order of the keys. `before` and `after` are the `resolved` of two recipes.
std::vector<Change> difference(const Node& before, const Node& after);

}  // namespace aviary::recipe
