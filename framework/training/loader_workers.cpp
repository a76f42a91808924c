#include "training/loader_workers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <span>
#include <vector>

#include <c10/core/GradMode.h>

#include <aviary/model.hpp>

#include "data/batch.hpp"
#include "plugins/border.hpp"
#include "training/compute.hpp"

namespace aviary::training {
namespace {

constexpr std::int64_t looked_at = 16;  // pictures

template <class Action>
double seconds_of(const Action& action) {
  const auto began = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// The first pictures of the first epoch that is augmented, as the loader would prepare them without a cache.
data::Batch first_pictures(const Experiment& experiment) {
  const data::LoaderOptions options = loader_options(experiment, experiment.dataset.train, 1);
  const data::Preparation& preparation = experiment.preparation;
  const data::Pictures pictures(experiment.dataset.train, preparation, options.load_size.value_or(preparation.image_size),
                                data::Cache::none);
  const Curriculum& curriculum = experiment.curriculum;
  const std::int64_t epoch = curriculum.first_augmented();
  std::vector<data::Drawn> drawn =
      data::draw_epoch(experiment.dataset.train.samples, curriculum.sampling(epoch), options.seed, epoch);
  drawn.resize(static_cast<std::size_t>(std::min({std::ssize(drawn), looked_at, options.batch_size})));
  const std::atomic<bool> dropped = false;
  const data::Normaliser normalise(preparation);
  return data::prepare_batch({pictures, normalise, curriculum.augmentation(epoch), options.seed, epoch, options.outputs}, drawn,
                             dropped)
      .batch;
}

// A forward and a backward pass, which is about twice a forward pass, in evaluation mode: no statistics move, nothing is drawn.
double step_seconds(Learner& learner, const at::Tensor& images) {
  const c10::AutoGradMode no_gradients(false);
  learner.model->eval();
  const auto forward = [&] {
    const Bf16Autocast autocast(learner.recipe.training.precision == "bf16");
    plugins::guarded(learner.recipe.model.callee, [&] { return learner.model->forward(images).sum().item<float>(); });
  };
  forward();  // the first one also makes what later ones use
  const double seconds = 3 * seconds_of(forward);
  learner.train_mode();
  return seconds;
}

}  // namespace

int measure_workers(Experiment& experiment, int threads) {
  if (threads == 1) return 1;
  data::Batch batch;
  const double preparing = seconds_of([&] { batch = first_pictures(experiment); });
  if (batch.samples.empty()) return 1;
  const double training = step_seconds(experiment.learner, batch.images.to(compute_device()));
  constexpr double margin = 1.5;  // pictures differ, and the workers share the cores with the model
  return static_cast<int>(std::clamp(std::ceil(margin * preparing / training), 1.0, static_cast<double>(threads)));
}

}  // namespace aviary::training
