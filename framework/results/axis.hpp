// The axes of a plot: round numbers, a readable distance apart.
#pragma once

#include <cstddef>
#include <string>

#include "results/plot.hpp"

namespace aviary::results {

/// From `low` to `high`, with ticks at the multiples of `step`. A logarithmic one holds the numbers' powers of ten.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;
  bool logarithmic = false;

  /// How far along the axis, 0 to 1.
  double share(double value) const { return (value - low) / (high - low); }
  int first() const;
  int last() const;
  std::string label(int tick) const;
};

/// Of the epochs, from 0 to the longest curve's last, or of the plot's rates.
Axis x_axis(const Plot& plot, int intervals);
/// How far along it value i of a curve stands, 0 to 1.
double along_x(const Plot& plot, std::size_t i);
/// From the tick below the lowest value, or from 0 where that is not far below, to the tick above the highest.
Axis y_axis(const Plot& plot, int intervals);

}  // namespace aviary::results
