// How a command trains as one of several processes that a launcher started: torchrun, mpirun or srun. Rank 0 writes and shows.
#pragma once

#include <functional>

#include "commands/command.hpp"
#include "data/dataset.hpp"
#include "distributed/world.hpp"
#include "recipe/recipe.hpp"
#include "results/run_folder.hpp"

namespace aviary::commands {

/// Meets the other processes and does `work` with them; alone, it only does it. A process that fails tells the others why, and
/// they fail, too. All but rank 0 show nothing but errors.
void together(Global& global, const std::function<void(const distributed::World& world)>& work);

/// Throws Error (Fault::usage) where a process has another recipe, plugin, data set, aviary or LibTorch than rank 0. Where the
/// data lies may differ.
void require_same(const distributed::World& world, const recipe::Recipe& recipe, const data::Dataset& dataset);

/// What rank 0 opens or makes, as a path alone in the others.
results::RunFolder folder_of_first(const distributed::World& world, const std::function<results::RunFolder()>& open);

}  // namespace aviary::commands
