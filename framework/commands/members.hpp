// What evaluate and submit share: the runs that a command line names, and how they are asked together.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "results/ensemble.hpp"
#include "training/members.hpp"

namespace aviary::commands {

struct MemberOptions {
  std::vector<std::string> runs;
  bool ema = false;
  std::string combine = "mean";
  std::vector<std::string> tta;
  std::string data;
  std::string precision = "fp32";
  ComputeOptions compute;
  std::optional<int> workers;

  void add_to(CLI::App& command);
  /// Opens the runs. Chooses what computes.
  std::vector<training::Member> open(plugins::Catalogue& catalogue) const;
  /// What to ask them with. Precondition: they are open.
  training::AskOptions ask_options() const;
  results::Combine how() const;
};

/// What the members say of a split together, and how much each counts.
struct Together {
  results::Outputs outputs;
  std::vector<results::Outputs> members;
  std::vector<double> weights;
};

/// Asks the members, and where the options weigh them, of the validation part of their data first, which is `dataset`'s when it
/// is open already. Tells of pictures that were left out. None when `stop` was set before the end.
std::optional<Together> ask_together(const MemberOptions& options, const std::vector<training::Member>& members,
                                     const data::Split& split, const std::optional<data::Dataset>& dataset,
                                     const std::atomic<bool>& stop);

}  // namespace aviary::commands
