// The logits of a split that several processes share out. Used from the thread that trains.
#pragma once

#include "results/scoring.hpp"
#include "training/learner.hpp"

namespace aviary::training {

/// What all processes together have of a split, in its order: the same in each. `part` may be without rows.
results::Outputs gathered_outputs(const results::Outputs& part, const Learner& learner);

}  // namespace aviary::training
