// Puts a model into evaluation mode, without gradients, for as long as this object lives; then it trains again if it did.
// Whatever looks at a model without training it stands in one. Used from the thread that calls the model.
#pragma once

#include <c10/core/GradMode.h>

#include <aviary/model.hpp>

namespace aviary::network {

class EvaluationMode {
 public:
  /// Throws Error when a layer stays in training mode.
  explicit EvaluationMode(Model& model);
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() { model_.train(training_); }

 private:
  Model& model_;
  bool training_;
  c10::AutoGradMode no_gradients_{false};
};

}  // namespace aviary::network
