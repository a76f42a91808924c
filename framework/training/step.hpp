// One step of training: forward, loss, backward, and the optimizer's update.
#pragma once

#include <cstdint>

#include "data/dataset.hpp"
#include "data/loader.hpp"
#include "training/learner.hpp"

namespace aviary::training {

struct StepResult {
  double loss = 0;  ///< mean over the batch
  std::int64_t correct = 0;
};

/// Random draws of the forward pass depend on (seed, epoch, batch) alone. Throws Error when the loss is not finite, before any
/// weight has moved, with the files of the batch, which is of `split`. Precondition: the batch holds at least one picture.
StepResult train_step(Learner& learner, const data::Batch& batch, const data::Split& split, const Progress& progress);

}  // namespace aviary::training
