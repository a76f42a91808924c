// A component with other values than its recipe gives: for what looks for better ones, and never writes them.
#pragma once

#include <string>
#include <vector>

#include <aviary/params.hpp>

#include "recipe/recipe.hpp"

namespace aviary::recipe {

/// The keys of the settings that have a number or a list of numbers.
std::vector<std::string> numeric_settings(const ComponentRecipe& component);

/// Every number times `factor`, rounded: whole numbers to whole ones, others to 0.01. Precondition: of a numeric setting.
Value scaled(const Value& value, double factor);

/// Whether all values lie in the ranges and keep the rules that the component declares.
bool acceptable(const ComponentRecipe& component);

}  // namespace aviary::recipe
