// Between what TOML holds and what settings hold.
#pragma once

#include <optional>
#include <string>

#include <aviary/params.hpp>

#include "recipe/document.hpp"

namespace aviary::recipe {

/// "a whole number", "a list": for messages.
std::string type_name(const Node& node);

/// The node as a value of the setting's type (a whole number also where a number is asked for); none when it has another.
std::optional<Value> value_of(const Node& node, Type type);

/// The value as a node that was written at `place`.
Node node_of(const Value& value, const Place& place);

}  // namespace aviary::recipe
