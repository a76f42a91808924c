// What the names of scores in recipes mean: "validation.top1", "ema.loss". Which of two is better, recipe/sections.hpp tells.
#pragma once

#include <optional>
#include <string>

#include "results/events.hpp"

namespace aviary::results {

/// The score of that name, where its part was scored.
std::optional<double> metric(const std::string& name, const std::optional<Scores>& train,
                             const std::optional<Scores>& validation, const std::optional<Scores>& ema);

std::optional<double> top1(const std::optional<Scores>& scores);

}  // namespace aviary::results
