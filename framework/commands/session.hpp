// What train and resume share: the training itself, shown and logged, and its result printed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "results/run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/experiment.hpp"

namespace aviary::commands {

/// What belongs to the session and not to the recipe. environment.json keeps all but the last, and resume takes it from there.
struct SessionOptions {
  ComputeOptions compute;
  std::optional<int> workers;
  std::optional<std::int64_t> limit_batches;
  int processes = 1;       ///< that train together
  std::string stop_after;  ///< a recipe::session_limit(), over the recipe's; empty: as the recipe says

  /// All of them.
  void add_to(CLI::App& command);
  /// --stop-after alone.
  void add_stop_after_to(CLI::App& command);
};

/// What a training may take of a session of this length: a part is kept free for what no measured pace foretells.
std::chrono::duration<double> usable(std::chrono::seconds session);

/// Trains from `position` (that of rank 0 where several processes train) to the end, an interrupt, or the limit of time; prints
/// the result. Sets global.exit_code.
void run_session(training::Experiment& experiment, const results::RunFolder& run, training::Position position,
                 const SessionOptions& options, Global& global);

}  // namespace aviary::commands
