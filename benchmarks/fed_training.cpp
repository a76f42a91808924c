// Whether the model waits for its pictures: training with the loader, cached and with the deck's augmentation, beside training
// on one batch again and again.
//
//   build/bin/fed_training DIR
//
// DIR is an image folder. A round has four blocks, the one batch first and last, the loader between, so that a machine that
// slows down evenly does not count; figures are medians of all rounds, rates in images per second. "+-" is the ratio's 95 %
// interval by McGill, Tukey and Larsen 1978 ("Variations of box plots"): 1.57 x interquartile range / root of the rounds.
// "least" is what sharing the cores leaves: 1 - rate x (CPU seconds to augment and batch a picture) / cores, less 2 points.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "data/loader.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"
#include "training/loader_workers.hpp"
#include "training/step.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using aviary::data::Batch;

constexpr int rounds = 16;
constexpr std::array<const char*, 3> models = {R"({type="rexnet",width_mult=1.12})", R"({type="efficientnet",variant="b0"})",
                                               R"({type="resnet",channels=[84,126,189,284]})"};

double quantile(std::vector<double> figures, double share) {
  std::ranges::sort(figures);
  return figures[static_cast<std::size_t>(share * static_cast<double>(figures.size()))];
}

double median(const std::vector<double>& figures) { return quantile(figures, 0.5); }

// Of all threads.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Feed {
 public:
  Feed(const aviary::training::Experiment& experiment, int workers)
      : experiment_(experiment),
        loader_(experiment.dataset.train, experiment.preparation,
                aviary::training::loader_options(experiment, experiment.dataset.train, workers)) {
    start();
    while (loader_.next()) {  // fills the cache
    }
    const double began = cpu_seconds();
    std::int64_t pictures = 0;
    start();
    while (const auto batch = loader_.next()) pictures += batch->labels.size(0);
    cpu_seconds_per_picture_ = (cpu_seconds() - began) / static_cast<double>(pictures);
    start();
  }

  Batch next() {
    for (;;) {
      auto batch = loader_.next();
      if (batch && batch->labels.size(0) == experiment_.recipe().data.batch_size) return std::move(*batch);
      if (!batch) start();
    }
  }

  double cpu_seconds_per_picture() const { return cpu_seconds_per_picture_; }

 private:
  void start() { experiment_.curriculum.start(loader_, epoch_++); }

  const aviary::training::Experiment& experiment_;
  aviary::data::Loader loader_;
  std::int64_t epoch_ = 0;
  double cpu_seconds_per_picture_ = 0;
};

template <class NextBatch>
double seconds_of(aviary::training::Experiment& experiment, int steps, const NextBatch& next_batch) {
  const auto began = Clock::now();
  for (int step = 0; step < steps; ++step) {
    const Batch batch = next_batch();
    aviary::training::train_step(experiment.learner, {&batch, 1}, experiment.dataset.train, {});
  }
  return std::chrono::duration<double>(Clock::now() - began).count();
}

void measure(const std::string& folder, const std::string& model, std::int64_t batch_size,
             aviary::plugins::Catalogue& catalogue) {
  const int cores = aviary::training::set_compute_threads({});
  aviary::training::Experiment experiment(aviary::recipe::read_recipe(
      "benchmarks/loader.toml",
      {"data.path=" + folder, "model=" + model, fmt::format("data.batch_size={}", batch_size), "optimizer.lr=0.001"},
      catalogue));
  const int workers = aviary::training::measure_workers(experiment, cores);
  Feed feed(experiment, workers);
  const Batch one = feed.next();
  const auto repeat = [&] { return Batch(one); };
  const auto take = [&] { return feed.next(); };
  const int steps = static_cast<int>(4 / seconds_of(experiment, 3, repeat) * 3) + 1;  // blocks of some four seconds
  std::vector<double> repeated;
  std::vector<double> fed;
  std::vector<double> ratios;
  const auto rate_of = [&](double seconds) { return static_cast<double>(2 * batch_size * steps) / seconds; };
  for (int round = 0; round < rounds; ++round) {
    double alone = seconds_of(experiment, steps, repeat);
    const double together = seconds_of(experiment, steps, take) + seconds_of(experiment, steps, take);
    alone += seconds_of(experiment, steps, repeat);
    repeated.push_back(rate_of(alone));
    fed.push_back(rate_of(together));
    ratios.push_back(alone / together);
  }
  const double rate = median(repeated);
  const double least = 1 - rate * feed.cpu_seconds_per_picture() / cores - 0.02;
  const double interval = 1.57 * (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / std::sqrt(rounds);
  fmt::print("{:42}  {:>5}  {:>7}  {:>9.1f}  {:>7.1f}  {:>6.3f}  {:>6.3f}  {:>6.3f}\n", model, batch_size, workers, rate,
             median(fed), median(ratios), interval, least);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw aviary::Error("usage: fed_training DIR");
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    fmt::print("{:42}  {:>5}  {:>7}  {:>9}  {:>7}  {:>6}  {:>6}  {:>6}\n", "model", "batch", "workers", "one batch", "loader",
               "ratio", "+-", "least");
    for (const char* const model : models)
      for (const std::int64_t batch_size : {16, 64}) measure(argv[1], model, batch_size, catalogue);
  } catch (const std::exception& error) {
    fmt::print(stderr, "fed_training: {}\n", error.what());
    return 1;
  }
}
