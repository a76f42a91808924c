#include "results/axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace aviary::results {
namespace {

// The smallest of 1, 2, 5, 10, 20, ... that covers the range in so many intervals.
double round_step(double range, int intervals) {
  const double least = range / intervals;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double step : {1.0, 2.0, 5.0})
    if (step * power >= least * (1 - 1e-9)) return step * power;
  return 10 * power;
}

// Of values in the longest curve; at least 2, so that there is a way along them.
std::size_t places(const Plot& plot) {
  std::size_t count = std::max<std::size_t>({plot.rates.size(), plot.names.size(), 2});
  for (const Curve& curve : plot.curves) count = std::max(count, curve.values.size());
  return count;
}

}  // namespace

int Axis::first() const { return static_cast<int>(std::ceil(low / step - 1e-9)); }
int Axis::last() const { return static_cast<int>(std::floor(high / step + 1e-9)); }
std::string Axis::label(int tick) const { return fmt::format("{:.6g}", logarithmic ? std::pow(10, tick * step) : tick * step); }

Axis x_axis(const Plot& plot, int intervals) {
  if (plot.rates.size() > 1)
    return {.low = std::log10(plot.rates.front()), .high = std::log10(plot.rates.back()), .logarithmic = true};
  const auto high = static_cast<double>(places(plot) - 1);
  return {0, high, std::max(1.0, round_step(high, intervals))};
}

double along_x(const Plot& plot, std::size_t i) { return static_cast<double>(i) / static_cast<double>(places(plot) - 1); }

Axis y_axis(const Plot& plot, int intervals) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Curve& curve : plot.curves) {
    for (const double value : curve.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (high < low) low = high = 0;  // nothing to show
  if (low > 0 && (low < high / 2 || low == high)) low = 0;
  if (high == low) high = low + 1;
  const double step = round_step(high - low, intervals);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

}  // namespace aviary::results
