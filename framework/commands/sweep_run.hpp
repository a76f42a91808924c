// The trials of a sweep, trained or taken from the parts that workers have trained, into its folder; with the tables of what
// came of them. Used by `aviary sweep`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/sweep_table.hpp"
#include "results/run_result.hpp"
#include "search/child.hpp"
#include "search/parts.hpp"
#include "search/planned_sweep.hpp"
#include "search/sweep.hpp"
#include "search/trials.hpp"

namespace aviary::commands {

/// What the command line says.
struct SweepOptions {
  std::string sweep;
  std::string ablate;
  bool tables = false;
  std::optional<std::int64_t> from_epoch;
  std::optional<std::int64_t> seeds;
  RecipeOptions changes;
  double scale = 1;
  std::optional<std::int64_t> trials;
  std::string out;
  int jobs = 1;
  std::string device;
  std::optional<std::int64_t> worker;  ///< 0 to workers - 1; both or neither
  std::optional<std::int64_t> workers;
  std::vector<std::string> merge;
};

/// What may not change while a folder is used.
std::vector<recipe::Entry> written_down(const SweepOptions& options, const search::Sweep& sweep,
                                        const search::PlannedSweep& plan);

class SweepRun {
 public:
  /// Opens the sweep's folder, options.out, or makes it. All must outlive it.
  SweepRun(const SweepOptions& options, const search::Sweep& sweep, const search::PlannedSweep& plan,
           const std::vector<search::Trial>& trials, Global& global);

  /// Trains what is left to train, and shows what came of it. Sets global.exit_code.
  void run();
  /// Takes over what is trained, shows the whole, and what is missing. Sets global.exit_code.
  void merge(const std::vector<search::Gathered>& gathered);

 private:
  void show();
  void tell_missing(const std::vector<search::Gathered>& gathered);
  std::filesystem::path run_of(std::int64_t trial) const;
  results::RunResult result_of(std::int64_t trial) const;
  std::vector<std::string> arguments(const search::Trial& trial) const;
  std::vector<std::string> first_arguments(const search::Trial& trial) const;
  const search::PlannedPoint& planned(const search::Trial& trial) const;
  std::vector<std::string> differences(const search::Trial& trial) const;
  void work();
  std::string description(const search::Trial& trial) const;
  void train(const search::Trial& trial);
  SweepTable table();
  void write_best(const SweepTable& table) const;

  const SweepOptions& options_;
  const search::Sweep& sweep_;
  const search::PlannedSweep& plan_;
  Global& global_;
  const std::atomic<bool>& stop_;
  search::Family family_;
  std::size_t count_;
  std::unique_ptr<search::Trials> trials_;
  std::mutex mutex_;
};

}  // namespace aviary::commands
