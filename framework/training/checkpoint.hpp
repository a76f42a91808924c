// A checkpoint: a folder with the model (model.safetensors, whose metadata is enough to predict with it alone), its averages if
// the recipe wants them (ema.safetensors likewise, swa.safetensors), the optimizer's state, where the training stood
// (state.json), and the SHA-256 of all of them (SHA256SUMS, as sha256sum writes it). It appears whole or not at all, and equal
// states have equal bytes: no time, no path, no address.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aviary/error.hpp>

#include "results/run_folder.hpp"
#include "training/experiment.hpp"
#include "weights/tensors.hpp"

namespace aviary::training {

/// Where a training stands. What it is computed from besides is in the recipe.
struct Position {
  std::int64_t epoch = 0;  ///< completed
  std::int64_t batch = 0;  ///< completed of the epoch under way
  double loss_sum = 0;     ///< over the pictures of the epoch under way
  std::int64_t correct = 0;
  std::int64_t pictures = 0;
  std::vector<double> history;         ///< training.metric after each completed epoch
  std::vector<double> watched;         ///< early_stopping.metric likewise
  std::optional<std::int64_t> best;    ///< epochs completed when the best checkpoint was made
  std::set<std::string> bad_pictures;  ///< that the user was told of
  std::uint64_t events_bytes = 0;      ///< lengths of events.jsonl and metrics.csv
  std::uint64_t metrics_bytes = 0;
  std::int64_t processes = 1;  ///< that train together: a batch of the epoch is that of all
};

/// All that a checkpoint's files hold, copied: the training may go on while it is written.
struct Snapshot {
  std::vector<std::pair<std::string, weights::Tensors>> files;  ///< by name, on the CPU, row-major
  Position position;
};

Snapshot snapshot_of(const Experiment& experiment, const Position& position);

/// From any thread. Throws Error when it cannot be written; then what was at `folder` is as before.
void save_checkpoint(const std::filesystem::path& folder, const Snapshot& snapshot);

/// A file of a checkpoint is missing, cut, or has other bytes than were written.
struct Damaged final : Error {
  using Error::Error;
};

/// Puts model, optimizer and averages into the saved state. Throws Damaged, or Error when the checkpoint is of another aviary,
/// model, optimizer or order of classes.
Position load_checkpoint(const std::filesystem::path& folder, Experiment& experiment);

/// The same with the checkpoint where a run stands: the last, or the newest that is whole, or that was saved at an epoch's end
/// where the number of processes is another one now; this is then among the notices of the experiment's data set. A run that
/// has none yet stands at its beginning.
Position load_newest_checkpoint(const results::RunFolder& run, Experiment& experiment);

/// Gives the state and position of rank 0 to all other processes.
void share_state(Experiment& experiment, Position& position);

/// The model.safetensors of a checkpoint alone: what evaluation and prediction need.
void save_weights(const std::filesystem::path& file, const Experiment& experiment);

/// Throws Error where weights from `source` were trained for other classes than the data has, or in another order.
void compare_classes(const std::vector<std::string>& trained_for, const std::vector<std::string>& classes,
                     const std::filesystem::path& source);

/// The weights and buffers of a checkpoint's file alone, for evaluation. `classes` is compared with what they were trained for.
void load_weights(const std::filesystem::path& file, Model& model, const std::vector<std::string>& classes);

}  // namespace aviary::training
