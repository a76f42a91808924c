// A checkpoint: a folder with the model (model.safetensors, whose metadata is enough to predict with it alone), its averages if
// the recipe wants them (ema.safetensors likewise, swa.safetensors), the optimizer's state, and where the training stood
// (state.json). It appears whole or not at all, and equal states have equal bytes: no time,
// no path, no address.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/experiment.hpp"

namespace aviary::training {

/// Where a training stands. What it is computed from besides is in the recipe.
struct Position {
  std::int64_t epoch = 0;  ///< completed
  std::int64_t batch = 0;  ///< completed of the epoch under way
  double loss_sum = 0;     ///< over the pictures of the epoch under way
  std::int64_t correct = 0;
  std::int64_t pictures = 0;
  std::vector<double> history;       ///< training.metric after each completed epoch
  std::vector<double> watched;       ///< early_stopping.metric likewise
  std::optional<std::int64_t> best;  ///< epochs completed when the best checkpoint was made
  std::uint64_t events_bytes = 0;    ///< lengths of events.jsonl and metrics.csv
  std::uint64_t metrics_bytes = 0;
};

void save_checkpoint(const std::filesystem::path& folder, const Experiment& experiment, const Position& position);

/// Puts model and optimizer into the saved state. Throws Error when the checkpoint is damaged or of another model or classes.
Position load_checkpoint(const std::filesystem::path& folder, Experiment& experiment);

/// The model.safetensors of a checkpoint alone: what evaluation and prediction need.
void save_weights(const std::filesystem::path& file, const Experiment& experiment);

/// The weights and buffers of a checkpoint's file alone, for evaluation. `classes` is compared with what they were trained for.
void load_weights(const std::filesystem::path& file, Model& model, const std::vector<std::string>& classes);

}  // namespace aviary::training
