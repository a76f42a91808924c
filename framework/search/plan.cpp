#include "search/plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace aviary::search {
namespace {

using training::Calibration;
using training::Experiment;

struct Machine {
  int cores;
  int workers;
};

// Seconds a picture, with `preparing` of a worker's time for each.
double pace(double model, double preparing, const Machine& machine) {
  return std::max(model + preparing / machine.cores, preparing / machine.workers);
}

std::vector<double> epoch_seconds(const Experiment& experiment, const Calibration& calibration, const Machine& machine) {
  const recipe::Recipe& recipe = experiment.recipe();
  const auto train = static_cast<double>(experiment.dataset.train.samples.size());
  const auto validated = static_cast<double>(experiment.dataset.validation.samples.size());
  const int scorings = recipe.ema ? 2 : 1;
  std::vector<double> epochs;
  for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch) {
    const double augment = experiment.curriculum.augmentation(epoch) == nullptr ? 0 : calibration.augment;
    const double load = epoch == 0 ? calibration.decode : calibration.load;
    const double pictures = train * experiment.curriculum.sampling(epoch).epoch_fraction;
    epochs.push_back(pictures * pace(calibration.train, load + augment, machine) +
                     validated * scorings * pace(calibration.score, load, machine));
  }
  return epochs;
}

double whole_seconds(const Experiment& experiment, const Calibration& calibration, const Machine& machine) {
  const std::vector<double> epochs = epoch_seconds(experiment, calibration, machine);
  const auto tested = static_cast<double>(experiment.dataset.test.samples.size());
  return std::accumulate(epochs.begin(), epochs.end(), 0.0) + tested * pace(calibration.score, calibration.decode, machine);
}

// A change that a user could make, and what the calibration would be then.
struct Change {
  std::string text;
  Calibration calibration;
};

std::vector<Change> changes(const Experiment& experiment, const Calibration& calibration) {
  std::vector<Change> all;
  const recipe::Data& data = experiment.recipe().data;
  if (experiment.cache == data::Cache::none) {
    Calibration cached = calibration;
    cached.load = 0;
    all.push_back({"data.cache = \"disk\" decodes every picture once only", cached});
  }
  if (calibration.augment > 0) {
    Calibration plain = calibration;
    plain.augment = 0;
    all.push_back({"cheaper augmentations; aviary bench augment shows what each costs", plain});
  }
  const std::int64_t side = 8 * std::llround(static_cast<double>(data.image_size) * std::sqrt(0.5) / 8);
  if (side >= 16 && side < data.image_size) {
    const auto share = static_cast<double>(side * side) / static_cast<double>(data.image_size * data.image_size);
    Calibration smaller = calibration;
    for (double Calibration::*part : {&Calibration::train, &Calibration::score, &Calibration::augment}) smaller.*part *= share;
    all.push_back({fmt::format("data.image_size = {} has half of the pixels", side), smaller});
  }
  return all;
}

std::string bound_of(const Calibration& calibration, const Machine& machine) {
  const double preparing = calibration.load + calibration.augment;
  if (preparing / machine.workers <= calibration.train + preparing / machine.cores) return "model";
  return calibration.load > calibration.augment ? "decoding" : "augmentation";
}

}  // namespace

Plan make_plan(const Experiment& experiment, const Calibration& calibration, int cores, int workers) {
  const Machine machine{cores, workers};
  Plan plan{.epochs = epoch_seconds(experiment, calibration, machine),
            .seconds = whole_seconds(experiment, calibration, machine),
            .bound = bound_of(calibration, machine),
            .advice = "none",
            .seconds_with_advice = 0};
  plan.seconds_with_advice = plan.seconds;
  constexpr double worth_it = 0.95;  // of the time
  for (const Change& change : changes(experiment, calibration)) {
    const double seconds = whole_seconds(experiment, change.calibration, machine);
    if (seconds >= std::min(plan.seconds_with_advice, worth_it * plan.seconds)) continue;
    plan.seconds_with_advice = seconds;
    plan.advice = change.text;
  }
  return plan;
}

}  // namespace aviary::search
