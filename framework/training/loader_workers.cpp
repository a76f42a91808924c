#include "training/loader_workers.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>
#include <vector>

#include <c10/core/GradMode.h>

#include <aviary/model.hpp>

#include "data/batch.hpp"
#include "plugins/border.hpp"
#include "training/compute.hpp"
#include "training/timed.hpp"

namespace aviary::training {
namespace {

constexpr std::int64_t few_pictures = 16;

// A forward and a backward pass, which is about twice a forward pass, in evaluation mode: no statistics move, nothing is drawn.
double step_seconds(Learner& learner, const at::Tensor& images) {
  const c10::AutoGradMode no_gradients(false);
  learner.model->eval();
  const auto forward = [&] {
    const Autocast autocast(learner.recipe.training.precision);
    plugins::guarded(learner.recipe.model.callee, [&] { return learner.model->forward(images).sum().item<float>(); });
  };
  forward();  // the first one also makes what later ones use
  const double seconds = 3 * seconds_of(forward);
  learner.train_mode();
  return seconds;
}

}  // namespace

data::Batch prepare(const Experiment& experiment, const data::Pictures& pictures, const std::vector<data::Drawn>& drawn,
                    std::int64_t epoch, const data::Pipeline* augmentation) {
  const std::atomic<bool> dropped = false;
  const data::Normaliser normalise(experiment.preparation);
  const auto seed = static_cast<std::uint64_t>(experiment.recipe().training.seed);
  const bool raw = experiment.finisher.augmenter != nullptr;
  return data::prepare_batch({pictures, normalise, augmentation, seed, epoch, experiment.learner.outputs, raw}, drawn, dropped)
      .batch;
}

data::Pictures training_pictures(const Experiment& experiment, const data::Split& split, data::Cache cache) {
  const std::int64_t side = experiment.recipe().data.load_size.value_or(experiment.preparation.image_size);
  return {split, experiment.preparation, side, cache, experiment.decoder};
}

int measure_workers(Experiment& experiment, int threads) {
  if (threads == 1) return 1;
  data::Batch batch;
  const std::int64_t epoch = experiment.curriculum.first_augmented();
  const data::Pipeline* const augmentation = experiment.curriculum.augmentation(epoch);
  const double preparing = seconds_of([&] {
    const data::Pictures pictures = training_pictures(experiment, experiment.dataset.train, data::Cache::none);
    std::vector<data::Drawn> drawn = data::draw_epoch(experiment.dataset.train.samples, experiment.curriculum.sampling(epoch),
                                                      static_cast<std::uint64_t>(experiment.recipe().training.seed), epoch);
    drawn.resize(static_cast<std::size_t>(std::min({std::ssize(drawn), few_pictures, experiment.recipe().data.batch_size})));
    batch = prepare(experiment, pictures, drawn, epoch, augmentation);
  });
  if (batch.samples.empty()) return 1;
  if (experiment.finisher.augmenter) data::finish(batch, experiment.finisher);
  const double training = step_seconds(experiment.learner, batch.images.to(compute_device()));
  constexpr double margin = 1.5;  // pictures differ, and the workers share the cores with the model
  return static_cast<int>(std::clamp(std::ceil(margin * preparing / training), 1.0, static_cast<double>(threads)));
}

}  // namespace aviary::training
