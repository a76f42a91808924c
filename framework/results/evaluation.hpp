// Runs a model over a split: every picture once, as prepared, never augmented, with dropout off and norms on their statistics.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "data/loader.hpp"
#include "plugins/border.hpp"
#include "results/scoring.hpp"
#include "results/views.hpp"

namespace aviary {
class Model;
}

namespace aviary::results {

struct EvaluationOptions {
  std::optional<std::int64_t> limit_batches;
  /// Run the first batch twice and refuse a model whose logits differ: something in it still draws or learns.
  bool check_repeatable = false;
  /// Of each picture; the loader gives pictures of the size that they are cut from.
  Views views = {};
};

/// Puts the model into evaluation mode, and back as it was. None when `stop` was set before the end; without rows where no
/// picture could be read. Throws Error in the model's name.
std::optional<Outputs> outputs_of(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                  const EvaluationOptions& options, const std::atomic<bool>& stop);

/// Throws Error where there is no picture.
void require_pictures(const Outputs& outputs);

/// The same, scored. Throws Error where no picture could be read.
std::optional<Evaluation> evaluate(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                   const EvaluationOptions& options, const std::atomic<bool>& stop);

}  // namespace aviary::results
