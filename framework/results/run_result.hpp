// What a training came to, read back from its events. Used by the commands that set runs side by side, also while they train.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "results/events.hpp"
#include "results/run_folder.hpp"

namespace aviary::results {

struct RunResult {
  std::string started;  ///< UTC, "2026-11-24T22:54:01.123Z"; empty before the training began
  bool finished = false;
  std::int64_t epochs = 0;           ///< completed
  std::int64_t of = 0;               ///< that were meant; 0 before the training began
  std::int64_t parameters = 0;       ///< of the model; 0 before the training began
  double seconds = 0;                ///< of the completed epochs
  std::optional<Scores> train;       ///< of the last epoch
  std::optional<Scores> best_train;  ///< of the best epoch, as are the next two
  std::optional<Scores> validation;
  std::optional<Scores> ema;
  std::optional<Scores> test;  ///< once it has finished

  /// Of the best epoch, or of the last where nothing tells which is best: what stands beside the other scores.
  const std::optional<Scores>& shown_train() const { return best_train ? best_train : train; }
};

/// Of a run folder that may be empty yet. A last line that was cut is passed over, and the run is not finished then.
RunResult read_result(const RunFolder& run);

}  // namespace aviary::results
