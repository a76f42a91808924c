// What a training's parts take on this machine, measured on its own data and model, so that its time can be told beforehand.
// Called from the main thread; the model's weights are trained a little.
#pragma once

#include <cstdint>
#include <vector>

#include "training/experiment.hpp"

namespace aviary::training {

/// Seconds a picture. Those of preparing are of one thread, those of the model of all.
struct Calibration {
  double decode = 0;             ///< to read, decode and resize it
  double load = 0;               ///< the same once it is cached; as decode where it is not
  double augment = 0;            ///< in an augmented epoch, beyond a plain one
  double train = 0;              ///< a step with pictures that are ready
  double score = 0;              ///< a forward pass in evaluation mode
  std::int64_t peak_bytes = 0;   ///< the most that the program had in memory, without the cache
  std::int64_t cache_bytes = 0;  ///< of training and validation pictures, where they are cached in memory
};

/// Takes some ten seconds: a few dozen pictures, two steps to warm up, then steps of the recipe's batch size.
Calibration calibrate(Experiment& experiment);

/// The batches of one step, of an augmented epoch. Throws Error when no picture can be read.
std::vector<data::Batch> step_batches(const Experiment& experiment);

}  // namespace aviary::training
