#include "training/weight_average.hpp"

#include <algorithm>

#include <c10/core/GradMode.h>

#include <aviary/model.hpp>

#include "weights/model_state.hpp"

namespace aviary::training {
namespace {

void copy(const NamedTensors& from, const NamedTensors& into) {
  const c10::AutoGradMode no_gradients(false);
  for (std::size_t i = 0; i < into.size(); ++i) into[i].second.copy_(from[i].second);
}

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies.emplace_back(name, tensor.detach().clone());
  return copies;
}

}  // namespace

WeightAverage::WeightAverage(const Model& model) : state_(copy_of(weights::state_of(model))) {}

void WeightAverage::update(const Model& model, double keep) {
  const c10::AutoGradMode no_gradients(false);
  const NamedTensors living = weights::state_of(model);
  for (std::size_t i = 0; i < living.size(); ++i) {
    at::Tensor average = state_[i].second;
    if (average.is_floating_point())
      average.lerp_(living[i].second, 1 - keep);
    else
      average.copy_(living[i].second);
  }
  ++updates;
}

AveragedWeights::AveragedWeights(Model& model, const WeightAverage& average)
    : living_(weights::state_of(model)), own_(copy_of(living_)) {
  copy(average.state(), living_);
}

AveragedWeights::~AveragedWeights() { copy(own_, living_); }

double ema_keep(double decay, bool warmup, std::int64_t updates) {
  const auto n = static_cast<double>(updates);
  return warmup ? std::min(decay, (1 + n) / (10 + n)) : decay;
}

}  // namespace aviary::training
