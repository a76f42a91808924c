// Keeps what the trainer tells in two files: events.jsonl, one JSON object a line, and metrics.csv, one row an epoch. The
// commands `train` and `resume` make one; it lives as long as the training and is called from the training's thread. Every line
// is one write, so a program that is killed leaves whole lines. Epochs count from 0.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "results/appended_file.hpp"
#include "results/events.hpp"
#include "results/run_folder.hpp"

namespace aviary::results {

/// Bytes of both files. A checkpoint records them, so that a run that goes on from it can drop what came later.
struct LogLengths {
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
};

class EventLog final : public Listener {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  /// Cuts both files to `lengths` and writes on from there; a new run starts at 0. Throws aviary::Error when a file cannot be
  /// written, or is shorter than that.
  explicit EventLog(const RunFolder& run, const LogLengths& lengths = {}, Clock now = std::chrono::system_clock::now);

  /// What is in the files now.
  LogLengths lengths() const { return {events_.length(), metrics_.length()}; }

  /// Makes sure that it is on the disk. From any thread.
  void sync() const;

  /// These throw aviary::Error when the disk is full; half a line is taken back. A run that goes on does not start anew: it has
  /// the events of one that was never interrupted.
  void started(const RunStarted& event) override;
  void epoch_done(const EpochDone& event) override;
  void notice(const Notice& event) override;
  void ended(const RunEnded& event) override;

 private:
  void append(const nlohmann::ordered_json& event);

  Clock now_;
  AppendedFile events_;
  AppendedFile metrics_;
};

}  // namespace aviary::results
