// The average of several checkpoints' weights (a model soup: Wortsman et al., 2022, arXiv 2203.05482). Used by the command
// average, on its thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include "training/experiment.hpp"

namespace aviary::training {

/// Puts the mean of the weights in these model.safetensors into the experiment's model. Throws Error (Fault::usage) when one of
/// them is of another model, other classes or other preparation than the first, with what differs. Precondition: the experiment
/// is that of the first.
void average_weights(Experiment& experiment, const std::vector<std::filesystem::path>& files);

/// Computes the statistics of the model's batch norms anew, from an epoch of the training part, augmented as in training. False
/// when `stop` was set before the end.
bool renew_batch_statistics(Experiment& experiment, int workers, const std::atomic<bool>& stop);

}  // namespace aviary::training
