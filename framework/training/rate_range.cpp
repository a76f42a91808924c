#include "training/rate_range.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include <aviary/error.hpp>

#include "training/gradients.hpp"
#include "training/step.hpp"

namespace aviary::training {
namespace {

// Geometrically from one rate to another over one epoch, whatever the optimizer's own.
struct Rising final : Scheduler {
  Rising(double from, double to) : lowest(from), highest(to) {}
  double learning_rate(double, const Progress& progress) const override {
    return lowest * std::pow(highest / lowest, static_cast<double>(progress.step) / static_cast<double>(progress.steps - 1));
  }
  double lowest;
  double highest;
};

double mean(const std::vector<double>& values, std::int64_t begin, std::int64_t end) {
  begin = std::max<std::int64_t>(begin, 0);
  end = std::min<std::int64_t>(end, std::ssize(values));
  return std::accumulate(values.begin() + begin, values.begin() + end, 0.0) / static_cast<double>(end - begin);
}

std::int64_t tenth(std::int64_t steps) { return std::max<std::int64_t>(steps / 10, 1); }

std::vector<double> smooth(const std::vector<double>& losses, std::int64_t steps) {
  std::vector<double> smoothed;
  const std::int64_t reach = tenth(steps) / 2;
  for (std::int64_t i = 0; i < std::ssize(losses); ++i) smoothed.push_back(mean(losses, i - reach, i + reach + 1));
  return smoothed;
}

bool too_high(const std::vector<double>& smoothed) { return smoothed.back() > 4 * *std::ranges::min_element(smoothed); }

// Batches of one step, from as many epochs as it takes.
class Endless {
 public:
  Endless(const Experiment& experiment, int workers)
      : experiment_(experiment),
        loader_(experiment.dataset.train, experiment.preparation,
                loader_options(experiment, experiment.dataset.train, workers)) {}

  std::vector<data::Batch> next() {
    for (int attempt = 0;; ++attempt) {
      if (left_ == 0) {
        experiment_.curriculum.start(loader_, epoch_++);
        left_ = loader_.batches();
      }
      const std::int64_t count = std::min(left_, experiment_.recipe().gradient.accumulate);
      left_ -= count;
      std::vector<data::Batch> group = next_batches(loader_, count);
      if (!group.empty()) return group;
      if (attempt > loader_.batches()) throw Error("no training picture could be read");
    }
  }

  std::int64_t epoch() const { return epoch_ - 1; }
  const data::Loader& loader() const { return loader_; }

 private:
  const Experiment& experiment_;
  data::Loader loader_;
  std::int64_t epoch_ = 0;
  std::int64_t left_ = 0;
};

}  // namespace

std::optional<double> steepest(const std::vector<double>& rates, const std::vector<double>& losses, std::int64_t steps) {
  const std::int64_t reach = tenth(steps);
  double most = mean(losses, 0, reach) / 20;
  std::optional<double> found;
  for (std::int64_t i = reach; i + reach <= std::ssize(losses); ++i) {
    const double fall = mean(losses, i - reach, i) - mean(losses, i, i + reach);
    if (fall <= most) continue;
    most = fall;
    found = rates[static_cast<std::size_t>(i)];
  }
  return found;
}

RateRange find_rates(Experiment& experiment, const RateRangeOptions& options, results::Listener& listener) {
  Learner& learner = experiment.learner;
  learner.scheduler = std::make_unique<Rising>(options.lowest, options.highest);
  learner.train_mode();
  Endless batches(experiment, options.workers);
  RateRange range;
  const auto began = std::chrono::steady_clock::now();
  std::int64_t pictures = 0;
  for (std::int64_t i = 0; i < options.steps && !range.diverged; ++i) {
    const std::vector<data::Batch> group = batches.next();
    const Progress progress{.epoch = batches.epoch(), .epochs = 1, .step = i, .steps = options.steps, .history = {}};
    StepResult step;
    try {
      step = train_step(learner, group, experiment.dataset.train, progress);
    } catch (const Diverged&) {
      range.diverged = true;
      break;
    }
    range.rates.push_back(learner.learning_rate(progress));
    range.losses.push_back(step.loss);
    range.smoothed = smooth(range.losses, options.steps);
    range.diverged = too_high(range.smoothed);
    pictures += step.pictures;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    listener.batch_done({.epoch = 0,
                         .epochs = 1,
                         .batch = i,
                         .batches = options.steps,
                         .loss = step.loss,
                         .top1 = static_cast<double>(step.correct) / static_cast<double>(step.pictures),
                         .learning_rate = range.rates.back(),
                         .images_per_second = static_cast<double>(pictures) / seconds,
                         .seconds_left = seconds / static_cast<double>(i + 1) * static_cast<double>(options.steps - i - 1)});
  }
  for (const data::BadPicture& bad : batches.loader().bad_pictures()) listener.notice({data::left_out(bad)});
  range.suggestion = steepest(range.rates, range.losses, options.steps);
  return range;
}

}  // namespace aviary::training
