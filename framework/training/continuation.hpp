// A training that goes on, or begins anew, from where another recipe brought it. Used by the commands resume and fork.
#pragma once

#include <vector>

#include "recipe/difference.hpp"
#include "training/checkpoint.hpp"

namespace aviary::training {

/// Makes a position right for the recipe in which `changes` were made since. Throws Error (Fault::usage) where it has no
/// meaning there: another metric than that of its history, or other batches in the middle of an epoch.
void accept_changes(const std::vector<recipe::Change>& changes, Position& position);

}  // namespace aviary::training
