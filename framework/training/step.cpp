#include "training/step.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/argmax.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>
#include <aviary/rng.hpp>

#include "data/purpose.hpp"
#include "plugins/border.hpp"
#include "training/compute.hpp"
#include "training/gradients.hpp"
#include "training/timed.hpp"

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

// What a forward pass moves besides gradients: batch-norm statistics. Only a step's first pass may, and only if the step is
// made.
class BufferGuard {
 public:
  explicit BufferGuard(Model& model) {
    for (const at::Tensor& buffer : model.buffers()) before_.emplace_back(buffer, buffer.clone());
  }
  BufferGuard(const BufferGuard&) = delete;
  BufferGuard& operator=(const BufferGuard&) = delete;
  void keep() { before_.clear(); }
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

struct Forward {
  at::Tensor logits;
  at::Tensor loss;
};

// The same draws for the same batch, however often it is run.
Forward run_forward(Learner& learner, const data::Batch& batch, std::int64_t epoch) {
  seed_forward(learner.recipe, epoch, batch.number);
  const at::Tensor images = batch.images.to(compute_device());
  Forward forward;
  {
    const Bf16Autocast autocast(learner.recipe.training.precision == "bf16");
    forward.logits = logits_of(learner, images).to(at::kFloat);
  }
  forward.loss = learner.loss(forward.logits, (batch.targets.defined() ? batch.targets : batch.labels).to(compute_device()));
  return forward;
}

[[noreturn]] void complain_of_loss(double value, const Progress& progress, const data::Batch& batch, double rate,
                                   const data::Split& split) {
  throw Diverged(
      fmt::format("the loss is {} in epoch {}, batch {}; lower the learning rate (it is {}), or look at the pictures: {}",
                  value, progress.epoch + 1, batch.number + 1, rate, names_of(batch, split)));
}

}  // namespace

void seed_forward(const recipe::Recipe& recipe, std::int64_t epoch, std::int64_t batch) {
  Rng rng(static_cast<std::uint64_t>(recipe.training.seed),
          {data::Purpose::forward, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(batch)});
  at::manual_seed(rng.bits());
}

StepResult train_step(Learner& learner, std::span<const data::Batch> batches, const data::Split& split,
                      const Progress& progress) {
  const double rate = learner.learning_rate(progress);
  const std::vector<at::Tensor> parameters = learner.model->parameters();
  StepResult result{.learning_rate = rate};
  for (const data::Batch& batch : batches) result.pictures += batch.labels.size(0);
  bool first = true;

  const auto pass = [&](Gradient gradient) {
    clear_gradients(parameters);
    double mean = 0;
    for (const data::Batch& batch : batches) {
      const double share = static_cast<double>(batch.labels.size(0)) / static_cast<double>(result.pictures);
      Forward forward;
      double value = 0;
      {
        RECORD_FUNCTION("aviary::forward", c10::ArrayRef<c10::IValue>());
        const Timed timed(result.forward_seconds);
        forward = run_forward(learner, batch, progress.epoch);
        value = forward.loss.item<double>();
      }
      if (!std::isfinite(value)) complain_of_loss(value, progress, batch, rate, split);
      {
        RECORD_FUNCTION("aviary::backward", c10::ArrayRef<c10::IValue>());
        const Timed timed(result.backward_seconds);
        plugins::guarded(learner.recipe.model.callee,
                         [&] { (batches.size() == 1 ? forward.loss : forward.loss * share).backward(); });
      }
      mean += value * share;
      if (first)
        result.correct += forward.logits.detach().argmax(1).eq(batch.labels.to(compute_device())).sum().item<std::int64_t>();
    }
    if (gradient == Gradient::clipped) clip_gradients(parameters, learner.recipe.gradient);
    if (std::exchange(first, false)) result.loss = mean;
    return mean;
  };
  // What fails within the closure is not the optimizer's fault: it goes on past it under its own name.
  std::exception_ptr failure;
  BufferGuard before(*learner.model);
  const Closure closure = [&](Gradient gradient) {
    try {
      if (first) return pass(gradient);
      const BufferGuard statistics(*learner.model);
      return pass(gradient);
    } catch (...) {
      failure = std::current_exception();
      throw;
    }
  };
  try {
    const Timed timed(result.seconds);
    plugins::guarded(learner.recipe.optimizer.callee, [&] { return learner.optimizer->step(rate, closure); });
  } catch (const Error& error) {
    if (failure) std::rethrow_exception(failure);
    throw OptimizerFailed(error.what(), error.fault(), error.detail());
  }
  before.keep();
  return result;
}

}  // namespace aviary::training
