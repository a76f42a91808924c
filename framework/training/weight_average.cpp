#include "training/weight_average.hpp"

#include <algorithm>
#include <exception>
#include <vector>

#include <c10/core/GradMode.h>
#if __has_include(<ATen/ops/_foreach_lerp.h>)
#include <ATen/ops/_foreach_lerp.h>
#endif

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

// Of all at once where LibTorch can: a GPU is told once, and not for each small tensor.
void move_towards(const std::vector<at::Tensor>& targets, double share, std::vector<at::Tensor>& averages) {
#if __has_include(<ATen/ops/_foreach_lerp.h>)
  at::_foreach_lerp_(averages, targets, share);
#else
  for (std::size_t i = 0; i < averages.size(); ++i) averages[i].lerp_(targets[i], share);
#endif
}

}  // namespace

WeightAverage::WeightAverage(const Model& model) : state_(copy_of(weights::state_of(model))) {}

void WeightAverage::update(const Model& model, double keep) {
  const c10::AutoGradMode no_gradients(false);
  const NamedTensors living = weights::state_of(model);
  std::vector<at::Tensor> averages;
  std::vector<at::Tensor> targets;
  for (std::size_t i = 0; i < living.size(); ++i) {
    if (state_[i].second.is_floating_point()) {
      averages.push_back(state_[i].second);
      targets.push_back(living[i].second);
    } else {
      state_[i].second.copy_(living[i].second);
    }
  }
  move_towards(targets, 1 - keep, averages);
  ++updates;
}

AveragedWeights::AveragedWeights(Model& model, const WeightAverage& average)
    : living_(weights::state_of(model)), own_(copy_of(living_)) {
  copy(average.state(), living_);
}

AveragedWeights::~AveragedWeights() {
  try {
    copy(own_, living_);
  } catch (const std::exception&) {  // a GPU has failed, as the exception says that is under way
  }
}

double ema_keep(double decay, bool warmup, std::int64_t updates) {
  const auto n = static_cast<double>(updates);
  return warmup ? std::min(decay, (1 + n) / (10 + n)) : decay;
}

}  // namespace aviary::training
