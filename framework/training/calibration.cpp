#include "training/calibration.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include <aviary/model.hpp>

#include "results/evaluation.hpp"
#include "training/loader_workers.hpp"
#include "training/step.hpp"

namespace aviary::training {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t trained_pictures = 64;  // looked at, at most
constexpr std::size_t scored_pictures = 256;
constexpr std::size_t least_steps = 3;
constexpr double least_seconds = 8;  // of steps

double passed_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

// So many samples from all over the split: what is looked at is all that is cached, however large the data are.
data::Split part_of(const data::Split& split, std::size_t count) {
  data::Split part{split.name, {}};
  const std::size_t samples = split.samples.size();
  count = std::min(count, samples);
  for (std::size_t i = 0; i < count; ++i) part.samples.push_back(split.samples[i * samples / count]);
  return part;
}

// Of the second of two goes: the first one fills a cache.
double preparing(const Experiment& experiment, const data::Pictures& pictures, std::int64_t epoch,
                 const data::Pipeline* augmentation) {
  std::vector<data::Drawn> drawn;
  for (std::size_t i = 0; i < pictures.split().samples.size(); ++i) drawn.push_back({i});
  prepare(experiment, pictures, drawn, epoch, augmentation);
  const Clock::time_point began = Clock::now();
  const data::Batch batch = prepare(experiment, pictures, drawn, epoch, augmentation);
  return passed_since(began) / static_cast<double>(std::max<std::size_t>(batch.samples.size(), 1));
}

void measure_preparing(const Experiment& experiment, Calibration& calibration) {
  const std::int64_t epoch = experiment.curriculum.first_augmented();
  const data::Split part = part_of(experiment.dataset.train, trained_pictures);
  const data::Pictures uncached = training_pictures(experiment, part, data::Cache::none);
  const data::Pictures cached = training_pictures(experiment, part, data::Cache::memory);
  calibration.load = preparing(experiment, cached, epoch, nullptr);
  calibration.augment =
      std::max(0.0, preparing(experiment, cached, epoch, experiment.curriculum.augmentation(epoch)) - calibration.load);
  calibration.decode = preparing(experiment, uncached, epoch, nullptr);
  if (experiment.cache == data::Cache::none) calibration.load = calibration.decode;
}

void measure_steps(Experiment& experiment, Calibration& calibration) {
  const std::vector<data::Batch> group = step_batches(experiment);
  Learner& learner = experiment.learner;
  learner.train_mode();
  const Progress progress{.epoch = 0, .epochs = experiment.recipe().training.epochs, .step = 0, .steps = 1, .history = {}};
  const auto step = [&] { return train_step(learner, group, experiment.dataset.train, progress).pictures; };
  for (int twice = 0; twice < 2; ++twice) step();  // the first ones make what later ones use
  std::vector<double> paces;
  for (const Clock::time_point began = Clock::now(); paces.size() < least_steps || passed_since(began) < least_seconds;) {
    const Clock::time_point step_began = Clock::now();
    const std::int64_t pictures = step();
    paces.push_back(passed_since(step_began) / static_cast<double>(pictures));
  }
  std::ranges::nth_element(paces, paces.begin() + std::ssize(paces) / 2);
  calibration.train = paces[paces.size() / 2];  // the median: machines falter
}

// Most of the time of a validation is the model's.
void measure_scoring(Experiment& experiment, Calibration& calibration) {
  const data::Split part = part_of(experiment.dataset.validation, scored_pictures);
  data::LoaderOptions options = loader_options(experiment, part, 1);
  options.cache = data::Cache::memory;
  data::Loader loader(part, experiment.preparation, options);
  const std::atomic<bool> stop = false;
  double seconds = 0;
  for (int twice = 0; twice < 2; ++twice) {  // the first one fills the cache
    const Clock::time_point began = Clock::now();
    const auto evaluation = results::evaluate(*experiment.learner.model, experiment.recipe().model.callee, loader, {}, stop);
    seconds = passed_since(began) / static_cast<double>(std::max<std::int64_t>(evaluation->scores.pictures, 1));
  }
  calibration.score = seconds;
}

}  // namespace

std::vector<data::Batch> step_batches(const Experiment& experiment) {
  data::LoaderOptions options = loader_options(experiment, experiment.dataset.train, 1);
  options.cache = data::Cache::none;
  data::Loader loader(experiment.dataset.train, experiment.preparation, options);
  experiment.curriculum.start(loader, experiment.curriculum.first_augmented());
  std::vector<data::Batch> batches = next_batches(loader, experiment.recipe().gradient.accumulate);
  if (batches.empty()) throw Error("no training picture could be read");
  return batches;
}

Calibration calibrate(Experiment& experiment) {
  Calibration calibration;
  measure_steps(experiment, calibration);
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  calibration.peak_bytes = std::int64_t{1024} * usage.ru_maxrss;
  measure_preparing(experiment, calibration);
  const std::size_t validated = experiment.dataset.validation.samples.size();
  if (validated > 0) measure_scoring(experiment, calibration);
  if (experiment.cache == data::Cache::memory) {
    const std::int64_t side = experiment.preparation.image_size;
    const std::int64_t loaded = experiment.recipe().data.load_size.value_or(side);
    calibration.cache_bytes = 3 * (std::ssize(experiment.dataset.train.samples) * loaded * loaded +
                                   static_cast<std::int64_t>(validated) * side * side);
  }
  return calibration;
}

}  // namespace aviary::training
