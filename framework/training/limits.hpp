// [limits]: what a recipe may not exceed. Checked once the model is made, before the first batch.
#pragma once

#include <cstdint>

#include "recipe/recipe.hpp"

namespace aviary::training {

/// Throws Error (Fault::usage) when a limit is exceeded: by how much, and which settings of the model change that; to find
/// them, smaller models are made. `parameters` and `outputs` are those of the recipe's model.
void check_limits(const recipe::Recipe& recipe, std::int64_t parameters, std::int64_t outputs);

}  // namespace aviary::training
