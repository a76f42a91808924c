#include "training/step.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>
#include <aviary/rng.hpp>

#include "data/purpose.hpp"
#include "plugins/border.hpp"
#include "training/buffer_guard.hpp"
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
  at::Tensor labels;
  at::Tensor loss;
};

// What people see of a pass: the loss, and how many pictures it got right.
struct Found {
  double loss = 0;
  double correct = 0;
};

// Still on the device.
at::Tensor found_in(const Forward& forward) {
  const at::Tensor correct = forward.logits.detach().argmax(1).eq(forward.labels).sum();
  return at::stack({forward.loss.detach().to(at::kDouble), correct.to(at::kDouble)});
}

// One read, for which a GPU has to come to its end.
Found read(const at::Tensor& found) {
  const at::Tensor numbers = found.cpu();
  return {numbers.data_ptr<double>()[0], numbers.data_ptr<double>()[1]};
}

// Stands for the pictures of a batch that has none: the other processes wait for this one in every layer.
at::Tensor blank_picture(const recipe::Recipe& recipe) {
  const std::int64_t side = recipe.data.image_size;
  return at::zeros({1, 3, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
}

Forward run_forward(Learner& learner, const data::Batch& batch) {
  const at::Tensor images = input_of(learner, batch);
  Forward forward;
  forward.labels = batch.labels.to(compute_device());
  {
    const Autocast autocast(learner.recipe.training.precision);
    forward.logits = logits_of(learner, images).to(at::kFloat);
  }
  forward.loss =
      batch.labels.size(0) == 0
          ? forward.logits.sum() * 0
          : learner.loss(forward.logits, batch.targets.defined() ? batch.targets.to(compute_device()) : forward.labels);
  return forward;
}

[[noreturn]] void complain_of_loss(double value, const Progress& progress, const data::Batch& batch, double rate,
                                   const data::Split& split) {
  throw Diverged(
      fmt::format("the loss is {} in epoch {}, batch {}; lower the learning rate (it is {}), or look at the pictures: {}",
                  value, progress.epoch + 1, batch.number + 1, rate, names_of(batch, split)));
}

}  // namespace

void seed_forward(const Learner& learner, std::int64_t epoch, std::int64_t batch) {
  const std::int64_t part = batch * learner.world.size() + learner.world.rank();
  Rng rng(static_cast<std::uint64_t>(learner.recipe.training.seed),
          {data::Purpose::forward, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(part)});
  at::manual_seed(rng.bits());
}

at::Tensor input_of(const Learner& learner, const data::Batch& batch) {
  const bool blank = batch.labels.size(0) == 0;
  if (learner.shared_batch) learner.shared_batch->blank = blank;
  return (blank ? blank_picture(learner.recipe) : batch.images).to(compute_device());
}

StepResult train_step(Learner& learner, std::span<const data::Batch> batches, const data::Split& split,
                      const Progress& progress) {
  const double rate = learner.learning_rate(progress);
  const distributed::World& world = learner.world;
  const std::vector<at::Tensor> parameters = learner.model->parameters();
  StepResult result{.learning_rate = rate};
  double pictures = 0;
  for (const data::Batch& batch : batches) pictures += static_cast<double>(batch.labels.size(0));
  // The same in all processes, whatever each has left of its batches, so that their gradients can be added.
  const double whole =
      world.size() == 1 ? pictures : static_cast<double>(learner.recipe.data.batch_size) * static_cast<double>(batches.size());
  bool first = true;
  bool nothing_read = false;
  double passes_seconds = 0;
  BufferGuard before(*learner.model);

  const auto gradients = [&] {
    clear_gradients(parameters);
    double mean = 0;
    double correct = 0;
    for (const data::Batch& batch : batches) {
      const double share = static_cast<double>(batch.labels.size(0)) / whole;
      const double scale = share * learner.gradient_scale.factor();
      seed_forward(learner, progress.epoch, batch.number);  // the same draws for the same batch, however often it is run
      const Found found = [&] {
        const Timed timed(passes_seconds);
        const AlgorithmSearch search(batch.labels.size(0) == learner.recipe.data.batch_size);
        return read(learner.recorded_pass.run(batch, parameters, [&](const data::Batch& input) {
          Forward forward;
          {
            RECORD_FUNCTION("aviary::forward", c10::ArrayRef<c10::IValue>());
            const Timed forward_timed(result.forward_seconds);
            forward = run_forward(learner, input);
          }
          {
            RECORD_FUNCTION("aviary::backward", c10::ArrayRef<c10::IValue>());
            if (&batch == &batches.back()) learner.gradient_mean.begin();
            plugins::guarded(learner.recipe.model.callee,
                             [&] { (scale == 1 ? forward.loss : forward.loss * scale).backward(); });
          }
          return found_in(forward);
        }));
      }();
      if (!std::isfinite(found.loss)) complain_of_loss(found.loss, progress, batch, rate, split);
      mean += found.loss * share;
      correct += found.correct;
    }
    {
      const Timed timed(result.backward_seconds);  // with what is left to wait for
      learner.gradient_mean.send();
      const auto [all_mean, all_correct, all_pictures] = world.sum(std::array{mean, correct, pictures});
      const double factor = whole / std::max(all_pictures, 1.0);
      learner.gradient_mean.finish(factor);
      if (all_pictures == 0) {
        nothing_read = true;
        throw Error("no process could read a picture of this step");
      }
      if (first) before.share(world, pictures, all_pictures);
      mean = all_mean * factor;
      if (first) result.correct = std::llround(all_correct);
      if (first) result.pictures = std::llround(all_pictures);
    }
    return mean;
  };
  const auto pass = [&](Gradient gradient) {
    double mean = gradients();
    while (!learner.gradient_scale.divide(parameters)) {
      before.restore();
      mean = gradients();
    }
    if (gradient == Gradient::clipped) clip_gradients(parameters, learner.recipe.gradient);
    if (std::exchange(first, false)) result.loss = mean;
    return mean;
  };
  // What fails within the closure is not the optimizer's fault: it goes on past it under its own name.
  std::exception_ptr failure;
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
    if (nothing_read) return {.learning_rate = rate};
    world.check();  // what fails here may have waited for another process
    if (failure) std::rethrow_exception(failure);
    throw OptimizerFailed(error.what(), error.fault(), error.detail());
  }
  before.keep();
  result.backward_seconds += passes_seconds - result.forward_seconds;
  return result;
}

}  // namespace aviary::training
