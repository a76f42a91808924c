// Recipes as JSON, for --json and for the metadata of weights.
#pragma once

#include <nlohmann/json.hpp>

#include "recipe/document.hpp"

namespace aviary::recipe {

/// Plain values under the recipe's own keys, in its order.
nlohmann::ordered_json to_json(const Node& node);

/// {"message"}, with "file", "line" and "column" where it has a place.
nlohmann::ordered_json to_json(const Complaint& complaint);

}  // namespace aviary::recipe
