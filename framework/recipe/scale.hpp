// A smaller training that tells the same story: fewer epochs, with every number of epochs in the schedule and the curriculum,
// fewer pictures, and smaller ones.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace aviary::recipe {

/// The KEY=VALUE settings that make a training smaller: `fraction` of its epochs, of its pictures, and of their pixels. Numbers
/// of epochs are rounded to what their settings allow. Precondition: 0 < fraction <= 1.
std::vector<std::string> scale(const Recipe& recipe, double fraction);

/// A picture's side with `fraction` of its pixels: a multiple of 8, not below 16.
std::int64_t scaled_side(std::int64_t side, double fraction);

}  // namespace aviary::recipe
