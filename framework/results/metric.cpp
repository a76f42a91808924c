#include "results/metric.hpp"

namespace aviary::results {

std::optional<double> metric(const std::string& name, const std::optional<Scores>& train,
                             const std::optional<Scores>& validation, const std::optional<Scores>& ema) {
  const auto& scores = name.starts_with("train.") ? train : name.starts_with("ema.") ? ema : validation;
  if (!scores) return std::nullopt;
  return name.ends_with("loss") ? scores->loss : scores->top1;
}

std::optional<double> top1(const std::optional<Scores>& scores) { return scores ? std::optional(scores->top1) : std::nullopt; }

}  // namespace aviary::results
