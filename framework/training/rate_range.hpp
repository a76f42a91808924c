// The learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 1506.01186, section 3.3): trains
// for some steps while the rate rises geometrically, and looks where the loss falls. Called by lr-find, on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "data/loader.hpp"
#include "results/events.hpp"
#include "training/experiment.hpp"

namespace aviary::training {

struct RateRangeOptions {
  double lowest = 1e-6;
  double highest = 10;
  std::int64_t steps = 100;
  int workers = 1;  ///< threads that prepare batches
};

struct RateRange {
  std::vector<double> rates;     ///< of each step
  std::vector<double> losses;    ///< of its batch, before it
  std::vector<double> smoothed;  ///< losses, each averaged with those around it
  bool diverged = false;         ///< ended early: the loss was no number any more, or four times the lowest
  std::optional<double> suggestion;
};

/// Trains the experiment's model, which is of no use afterwards. Begins the data again when it ends before the steps do.
/// `listener` is told of every step. Throws Error as train_step() does, but for a loss that is not finite.
/// Precondition: 0 < lowest < highest, steps > 1.
RateRange find_rates(Experiment& experiment, const RateRangeOptions& options, results::Listener& listener);

/// The rate at which the loss falls fastest: the mean of the tenth of all steps that follows lies farthest below that of the
/// tenth before. Nothing where it nowhere falls by a twentieth of what it was at first.
std::optional<double> steepest(const std::vector<double>& rates, const std::vector<double>& losses, std::int64_t steps);

}  // namespace aviary::training
