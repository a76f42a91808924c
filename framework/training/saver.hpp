// Writes the checkpoints of a training while it goes on: what they hold is copied by the thread that trains, and written by one
// beside it. The trainer owns it and calls it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <string>

#include "results/event_log.hpp"
#include "results/run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/experiment.hpp"

namespace aviary::training {

class Saver {
 public:
  /// Keeps references; both must outlive it. Without a log it saves nothing: another process does. `keep`: how many of the last
  /// epochs stay, beside the best.
  Saver(const results::RunFolder& run, const results::EventLog* log, std::int64_t keep) : run_(run), log_(log), keep_(keep) {}

  /// Waits for the checkpoint under way, and throws what kept that from being written. Then copies the state and begins the
  /// checkpoint `name`, which becomes the run's last; what is no longer kept goes once it is on the disk.
  void save(const std::string& name, const Experiment& experiment, Position position);

  /// Waits until all is on the disk; throws what kept it from getting there.
  void finish();

  /// What the last checkpoint took to get there, its copy included; 0 before that.
  double seconds() const { return seconds_; }

 private:
  void write(const std::string& name, const Snapshot& snapshot, std::chrono::steady_clock::time_point began);
  void remove_others(const std::string& name, const Position& position) const;

  const results::RunFolder& run_;
  const results::EventLog* log_;
  std::int64_t keep_;
  std::atomic<double> seconds_ = 0;
  std::future<void> under_way_;  // waits at its end
};

}  // namespace aviary::training
