// Evaluations as JSON: for the report's page (web/report/), and what commands print of them. Pure functions, but for the
// pictures of the page, which come from their files; from any thread.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "data/dataset.hpp"
#include "results/scoring.hpp"

namespace aviary::results {

/// "top1", "top1_interval", "top5", "loss", "macro_f1", "weighted_f1".
nlohmann::ordered_json scores_json(const Evaluation& evaluation);

/// "error", "temperature", "error_after" and "bins", each with "pictures", "probability" and "top1".
nlohmann::ordered_json calibration_json(const Calibration& calibration);

/// `split` is the one that was scored. `picture` gives a sample's thumbnail, by its index in the split, and is called for a few
/// dozen at most: examples of the most confused pairs, and the worst predictions.
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation, const data::Split& split,
                                       const std::function<std::string(std::size_t)>& picture);

}  // namespace aviary::results
