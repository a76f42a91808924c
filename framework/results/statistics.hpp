// Means and spreads of a few scores. Pure, for any thread.
#pragma once

#include <vector>

namespace aviary::results {

/// Precondition: there is a number, as for the next.
double mean(const std::vector<double>& numbers);

/// The sum of the squares of what each differs from the mean by.
double squared_deviations(const std::vector<double>& numbers);

/// The sample's; 0 of a single number.
double standard_deviation(const std::vector<double>& numbers);

}  // namespace aviary::results
