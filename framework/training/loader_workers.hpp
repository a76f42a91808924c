// How many threads prepare pictures, where the user does not say. Called from the main thread, before the training begins.
#pragma once

#include "training/experiment.hpp"

namespace aviary::training {

/// The first `count` training pictures of an epoch, or fewer, as the loader would prepare them: on this thread, from
/// `pictures`.
data::Batch prepare_first(const Experiment& experiment, const data::Pictures& pictures, std::int64_t epoch,
                          const data::Pipeline* augmentation, std::int64_t count);

/// The training pictures as the recipe loads them.
data::Pictures training_pictures(const Experiment& experiment, data::Cache cache);

/// As many as keep up with the model: found by preparing a few training pictures and running the model on them, which takes no
/// more than a second or two and changes nothing. From 1 to `threads`.
int measure_workers(Experiment& experiment, int threads);

}  // namespace aviary::training
