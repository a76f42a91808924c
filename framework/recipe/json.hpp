// Recipes as JSON, for --json and for the metadata of weights.
#pragma once

#include <nlohmann/json.hpp>

#include "recipe/document.hpp"

namespace aviary::recipe {

/// Plain values under the recipe's own keys, in its order.
nlohmann::ordered_json to_json(const Node& node);

/// The node that to_json() wrote; every part of it stands at `place`.
Node from_json(const nlohmann::ordered_json& json, const Place& place);

/// {"message"}, with "file", "line" and "column" where it has a place.
nlohmann::ordered_json to_json(const Complaint& complaint);

}  // namespace aviary::recipe
