#include "results/statistics.hpp"

#include <cmath>
#include <numeric>

namespace aviary::results {

double mean(const std::vector<double>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double squared_deviations(const std::vector<double>& numbers) {
  const double center = mean(numbers);
  return std::accumulate(numbers.begin(), numbers.end(), 0.0,
                         [&](double sum, double number) { return sum + (number - center) * (number - center); });
}

double standard_deviation(const std::vector<double>& numbers) {
  return numbers.size() < 2 ? 0 : std::sqrt(squared_deviations(numbers) / static_cast<double>(numbers.size() - 1));
}

}  // namespace aviary::results
