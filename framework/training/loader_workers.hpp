// How many threads prepare pictures, where the user does not say. Called from the main thread, before the training begins.
#pragma once

#include <cstdint>
#include <vector>

#include "training/experiment.hpp"

namespace aviary::training {

/// Training pictures of an epoch as the loader's workers would prepare them: on this thread, from `pictures`. Raw where a
/// device augments.
data::Batch prepare(const Experiment& experiment, const data::Pictures& pictures, const std::vector<data::Drawn>& drawn,
                    std::int64_t epoch, const data::Pipeline* augmentation);

/// Of the training split, or a part of it, as the recipe loads them. `split` must outlive it.
data::Pictures training_pictures(const Experiment& experiment, const data::Split& split, data::Cache cache);

/// As many as keep up with the model: found by preparing a few training pictures and running the model on them, which takes no
/// more than a second or two and changes nothing. From 1 to `threads`.
int measure_workers(Experiment& experiment, int threads);

}  // namespace aviary::training
