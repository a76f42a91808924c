// What a recipe may say and seldom means. Each rule has a name, under which [lint] can silence it with a reason:
//
//   [lint]
//   adam_rate = "the slide's number, replayed as printed"
//
// Used by `aviary recipe lint`. Touches no data and makes no model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recipe/complaint.hpp"
#include "recipe/recipe.hpp"

namespace aviary::recipe {

struct Warning {
  std::string rule;
  Complaint complaint;  ///< what, where, and why that is seldom meant
  std::string remedy;
};

/// In the order of the rules, without those that the recipe silences. `validation_pictures`: of the class that has the fewest,
/// where the data is at hand.
std::vector<Warning> lint(const Recipe& recipe, std::optional<std::int64_t> validation_pictures);

/// The names of all rules.
std::vector<std::string> lint_rules();

}  // namespace aviary::recipe
