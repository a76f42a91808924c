// Training steps of a recipe's model and optimizer on one random batch: prints images per second.
//
//   build/bin/train_step DEVICE RECIPE [KEY=VALUE...]
//
// DEVICE is what --device of `aviary train` takes. train_step.py and gpu.py compare it with PyTorch.
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "images_per_second.hpp"
#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"
#include "training/step.hpp"

namespace {

double measure(const std::string& device, const std::string& recipe_name, const std::vector<std::string>& settings) {
  constexpr std::int64_t classes = 400;
  aviary::training::choose_device(device);
  aviary::training::set_compute_threads({});
  aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
  const auto recipe = aviary::recipe::read_recipe(recipe_name, settings, catalogue);
  aviary::training::set_deterministic(recipe.training.deterministic);
  aviary::training::Learner learner(recipe, classes);
  const std::int64_t size = recipe.data.image_size;
  const at::Tensor images = at::randn({recipe.data.batch_size, 3, size, size}).contiguous(at::MemoryFormat::ChannelsLast);
  aviary::data::Batch batch;
  batch.images = images.to(aviary::training::compute_device());
  batch.labels = at::randint(classes, {recipe.data.batch_size}, at::kLong).to(aviary::training::compute_device());
  const aviary::data::Split no_files;
  return images_per_second(recipe.data.batch_size, [&] {
    aviary::training::train_step(learner, {&batch, 1}, no_files, aviary::Progress());
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) throw aviary::Error("usage: train_step DEVICE RECIPE [KEY=VALUE...]");
    fmt::print("{}\n", measure(argv[1], argv[2], {argv + 3, argv + argc}));
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_step: {}\n", error.what());
    return 1;
  }
}
