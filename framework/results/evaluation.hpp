// Scores a model on a split: every picture once, as prepared, never augmented, with dropout off and norms on their statistics.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/loader.hpp"
#include "plugins/border.hpp"
#include "results/events.hpp"

namespace aviary {
class Model;
}

namespace aviary::results {

struct ClassScores {
  std::int64_t pictures = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct Evaluation {
  Scores scores;
  double top5 = 0;                   ///< share whose right class is among the five largest logits
  double macro_f1 = 0;               ///< mean F1 over the classes that have pictures
  std::vector<ClassScores> classes;  ///< by output
};

struct EvaluationOptions {
  std::optional<std::int64_t> limit_batches;
  /// Run the first batch twice and refuse a model whose logits differ: something in it still draws or learns.
  bool check_repeatable = false;
};

/// Puts the model into evaluation mode, and back as it was. None when `stop` was set before the end. Throws Error in the
/// model's name.
std::optional<Evaluation> evaluate(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                   const EvaluationOptions& options, const std::atomic<bool>& stop);

}  // namespace aviary::results
