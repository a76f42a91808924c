// The running statistics of batch norms, computed anew: averaged weights need them, since nothing was ever normalised with
// those. Used by the trainer and for the average of checkpoints, on the calling thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "data/loader.hpp"
#include "training/learner.hpp"

namespace aviary::training {

/// From so many batches of `epoch`, which `loader` has begun, each counting the same (torch.optim.swa_utils.update_bn); where
/// several processes train together, a batch is what all of them have of it, as in a step of training. Random draws of the
/// forward passes depend on (seed, epoch, batch) alone. False when `stop` was set in any process before the end. Throws Error
/// in the model's name.
bool compute_batch_statistics(Learner& learner, data::Loader& loader, std::int64_t epoch, std::int64_t batches,
                              const std::atomic<bool>& stop);

}  // namespace aviary::training
