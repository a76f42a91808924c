// How many threads prepare pictures, where the user does not say. Called from the main thread, before the training begins.
#pragma once

#include "training/experiment.hpp"

namespace aviary::training {

/// As many as keep up with the model: found by preparing a few training pictures and running the model on them, which takes no
/// more than a second or two and changes nothing. From 1 to `threads`.
int measure_workers(Experiment& experiment, int threads);

}  // namespace aviary::training
