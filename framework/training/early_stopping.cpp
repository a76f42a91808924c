#include "training/early_stopping.hpp"

#include <cstdint>
#include <optional>

namespace aviary::training {

bool out_of_patience(const recipe::EarlyStopping& settings, const std::string& metric, std::span<const double> values) {
  const bool less = recipe::smaller_is_better(metric);
  std::optional<double> best;
  std::int64_t waited = 0;
  for (const double value : values) {
    const bool better = !best || (less ? value < *best - settings.min_delta : value > *best + settings.min_delta);
    waited = better ? 0 : waited + 1;
    if (better) best = value;
  }
  return waited >= settings.patience;
}

}  // namespace aviary::training
