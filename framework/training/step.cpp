#include "training/step.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>
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

at::Tensor logits_of(Learner& learner, const at::Tensor& images) {
  at::Tensor logits = plugins::guarded(learner.recipe.model.callee, [&] { return learner.model->forward(images); });
  if (logits.dim() != 2 || logits.size(0) != images.size(0) || logits.size(1) != learner.outputs)
    throw Error(fmt::format("model {} ({}) returned logits of shape {}; expected {}x{}, pictures x classes",
                            learner.recipe.model.type, learner.recipe.model.callee.file, fmt::join(logits.sizes(), "x"),
                            images.size(0), learner.outputs));
  return logits;
}

}  // namespace

StepResult train_step(Learner& learner, const data::Batch& batch, const data::Split& split, const Progress& progress) {
  const recipe::Recipe& recipe = learner.recipe;
  const at::Tensor images = batch.images.to(compute_device());
  const at::Tensor labels = batch.labels.to(compute_device());
  const std::uint64_t forward_seed =
      Rng(static_cast<std::uint64_t>(recipe.training.seed),
          {data::Purpose::forward, static_cast<std::uint64_t>(progress.epoch), static_cast<std::uint64_t>(batch.number)})
          .bits();
  const double rate = learner.learning_rate(progress);
  StepResult result;
  bool first = true;

  const auto pass = [&] {
    for (const at::Tensor& parameter : learner.model->parameters())
      if (parameter.grad().defined()) parameter.mutable_grad().reset();
    at::manual_seed(forward_seed);
    const at::Tensor logits = [&] {
      const Bf16Autocast autocast(recipe.training.precision == "bf16");
      return logits_of(learner, images).to(at::kFloat);
    }();
    const at::Tensor loss =
        at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, recipe.training.label_smoothing);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      throw Error(
          fmt::format("the loss is {} in epoch {}, batch {}; lower the learning rate (it is {}), or look at the pictures: {}",
                      value, progress.epoch + 1, batch.number + 1, rate, names_of(batch, split)));
    plugins::guarded(recipe.model.callee, [&] { loss.backward(); });
    if (std::exchange(first, false)) {
      result.loss = value;
      result.correct = logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
    }
    return value;
  };
  // What fails within the closure is not the optimizer's fault: it goes on past it under its own name.
  std::exception_ptr failure;
  const Closure closure = [&](Gradient) {
    try {
      if (first) return pass();
      const BufferGuard statistics(*learner.model);
      return pass();
    } catch (...) {
      failure = std::current_exception();
      throw;
    }
  };
  try {
    plugins::guarded(recipe.optimizer.callee, [&] { return learner.optimizer->step(rate, closure); });
  } catch (...) {
    if (failure) std::rethrow_exception(failure);
    throw;
  }
  return result;
}

}  // namespace aviary::training
