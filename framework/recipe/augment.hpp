// Whether the augmentations can be used: each is tried on an empty picture of the size that it will get. Used when a recipe is
// read, so that what is wrong shows where it is written, and not in the middle of a training.
#pragma once

#include <vector>

#include "recipe/complaint.hpp"
#include "recipe/recipe.hpp"

namespace aviary::recipe {

std::vector<Complaint> augment_complaints(const Recipe& recipe);

}  // namespace aviary::recipe
