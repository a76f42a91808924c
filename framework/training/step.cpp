#include "training/step.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/rng.hpp>

#include "data/purpose.hpp"
#include "plugins/border.hpp"
#include "training/compute.hpp"

namespace aviary::training {
namespace {

std::string names_of(const data::Batch& batch, const data::Split& split) {
  constexpr std::size_t shown = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(batch.samples.size(), shown); ++i)
    names += (names.empty() ? "" : ", ") + split.samples[batch.samples[i]].name;
  if (batch.samples.size() > shown) names += fmt::format(" and {} more", batch.samples.size() - shown);
  return names;
}

// What a forward pass moves besides gradients: batch-norm statistics. Only a step's first pass may.
class BufferGuard {
 public:
  explicit BufferGuard(Model& model) {
    for (const at::Tensor& buffer : model.buffers()) before_.emplace_back(buffer, buffer.clone());
  }
  BufferGuard(const BufferGuard&) = delete;
  BufferGuard& operator=(const BufferGuard&) = delete;
  ~BufferGuard() {
    const c10::AutoGradMode no_gradients(false);
    for (auto& [buffer, copy] : before_) buffer.copy_(copy);
  }

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> before_;
};

}  // namespace

StepResult train_step(Experiment& experiment, const data::Batch& batch, const Progress& progress) {
  const recipe::Recipe& recipe = experiment.recipe;
  Model& model = *experiment.model;
  const at::Tensor images = batch.images.to(compute_device());
  const at::Tensor labels = batch.labels.to(compute_device());
  const std::initializer_list<std::uint64_t> key = {std::uint64_t{data::Purpose::forward},
                                                    static_cast<std::uint64_t>(progress.epoch),
                                                    static_cast<std::uint64_t>(batch.number)};
  const std::uint64_t forward_seed = Rng(static_cast<std::uint64_t>(recipe.training.seed), key).bits();
  StepResult result;
  bool first = true;

  const auto pass = [&] {
    for (const at::Tensor& parameter : model.parameters())
      if (parameter.grad().defined()) parameter.mutable_grad().reset();
    at::manual_seed(forward_seed);
    const at::Tensor logits = plugins::guarded(recipe.model.callee, [&] { return model.forward(images); });
    const at::Tensor loss =
        at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, recipe.training.label_smoothing);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      throw Error(
          fmt::format("the loss is {} in epoch {}, batch {}; lower the learning rate (it is {}), or look at the pictures: {}",
                      value, progress.epoch + 1, batch.number + 1,
                      experiment.scheduler->learning_rate(experiment.optimizer->base_learning_rate(), progress),
                      names_of(batch, experiment.dataset.train)));
    plugins::guarded(recipe.model.callee, [&] { loss.backward(); });
    if (std::exchange(first, false)) {
      result.loss = value;
      result.correct = logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
    }
    return value;
  };
  const Closure closure = [&](Gradient) {
    if (first) return pass();
    const BufferGuard statistics(model);
    return pass();
  };

  const double rate = plugins::guarded(recipe.scheduler.callee, [&] {
    return experiment.scheduler->learning_rate(experiment.optimizer->base_learning_rate(), progress);
  });
  plugins::guarded(recipe.optimizer.callee, [&] { return experiment.optimizer->step(rate, closure); });
  return result;
}

}  // namespace aviary::training
