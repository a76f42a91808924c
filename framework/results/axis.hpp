// The axes of a plot: round numbers, a readable distance apart.
#pragma once

#include <string>

#include "results/plot.hpp"

namespace aviary::results {

/// From `low` to `high`, with ticks at the multiples of `step`.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;

  /// How far along the axis, 0 to 1.
  double share(double value) const { return (value - low) / (high - low); }
  int first() const;
  int last() const;
  std::string label(int tick) const;
};

/// Of the epochs, from 0 to the longest curve's last.
Axis x_axis(const Plot& plot, int intervals);
/// From 0, or the tick below the lowest value, to the tick above the highest.
Axis y_axis(const Plot& plot, int intervals);

}  // namespace aviary::results
