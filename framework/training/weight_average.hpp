// An average of a model's weights over its training: exponential (EMA) or of equal parts (SWA). Batch-norm statistics are
// averaged with the weights; counters are taken as they are. Used by the trainer, on its thread.
#pragma once

#include <cstdint>

#include <aviary/optimizer.hpp>

namespace aviary {
class Model;
}

namespace aviary::training {

class WeightAverage {
 public:
  /// Starts as a copy of the model's weights.
  explicit WeightAverage(const Model& model);

  /// average = keep * average + (1 - keep) * weights
  void update(const Model& model, double keep);

  /// How often it was updated.
  std::int64_t updates = 0;

  /// The living tensors, under the model's names: saved beside the model's, and written into when a run goes on.
  const NamedTensors& state() const { return state_; }

 private:
  NamedTensors state_;
};

/// Puts the average into the model for as long as this object lives.
class AveragedWeights {
 public:
  AveragedWeights(Model& model, const WeightAverage& average);
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;
  ~AveragedWeights();

 private:
  NamedTensors living_;
  NamedTensors own_;
};

/// What an EMA keeps of its average at its next update: `decay`, or less at the start.
double ema_keep(double decay, bool warmup, std::int64_t updates);

}  // namespace aviary::training
