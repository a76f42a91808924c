// How fast pictures are prepared, alone, without a model: decoded, resized, augmented as in the deck, normalised, in batches.
//
//   build/bin/loader DIR [WORKERS [KEY=VALUE...]]
//
// DIR is an image folder; keys are those of benchmarks/loader.toml. Prints images per second, at 224 pixels unless told
// otherwise: of an epoch from the files, and of one from the cache. benchmarks/loader.py runs it in turns with torchvision.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <aviary/augmentation.hpp>
#include <aviary/error.hpp>

#include "data/dataset.hpp"
#include "data/loader.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"

namespace {

double images_per_second(aviary::data::Loader& loader, std::int64_t epoch, const aviary::data::Pipeline& augmentation) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  std::int64_t pictures = 0;
  loader.start(epoch, aviary::data::Order::shuffled, &augmentation);
  while (const auto batch = loader.next()) pictures += batch->labels.size(0);
  return static_cast<double>(pictures) / std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw aviary::Error("usage: loader DIR [WORKERS]");
    aviary::training::set_compute_threads(1);
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    std::vector<std::string> settings(argv + std::min(argc, 3), argv + argc);
    settings.push_back(fmt::format("data.path={}", argv[1]));
    const auto recipe = aviary::recipe::read_recipe("benchmarks/loader.toml", settings, catalogue);
    const aviary::training::Experiment experiment(recipe);
    const int workers = argc > 2 ? std::atoi(argv[2]) : 2;
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation,
                                aviary::training::loader_options(experiment, experiment.dataset.train, workers));
    for (const std::int64_t epoch : {0, 1})
      fmt::print("{}\n", images_per_second(loader, epoch, *experiment.curriculum.augmentation(epoch)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "loader: {}\n", error.what());
    return 1;
  }
}
