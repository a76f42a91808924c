// Which precision trains faster on this machine, where the recipe leaves it open. Called from the main thread.
#pragma once

#include "distributed/world.hpp"
#include "recipe/recipe.hpp"

namespace aviary::training {

/// Where training.precision is "auto", writes the fastest one into the recipe: found by a few passes forward and backward in
/// each, which takes seconds, with a warning that says which; bf16 where it gains a tenth over fp32, and on a GPU fp16 where
/// that gains another. Chosen by a clock, it must be chosen once only: when a run is created, by the first of its processes.
/// Precondition: the number of compute threads is set.
void settle_precision(recipe::Recipe& recipe, const distributed::World& world = {});

}  // namespace aviary::training
