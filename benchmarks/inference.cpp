// Pictures per second of a network in evaluation mode, as predictions are made.
//
//   build/bin/inference RECIPE [KEY=VALUE...]
//
// In the recipe's precision: one batch of its size, random pictures, 400 classes.
#include <string>
#include <vector>

#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "images_per_second.hpp"
#include "network/evaluation_mode.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw aviary::Error("usage: inference RECIPE [KEY=VALUE...]");
    aviary::training::set_compute_threads({});
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    const auto recipe = aviary::recipe::read_recipe(argv[1], {argv + 2, argv + argc}, catalogue);
    const auto model = aviary::training::make_model(recipe, 400);
    const aviary::network::EvaluationMode evaluating(*model);
    const aviary::training::Autocast autocast(recipe.training.precision);
    const std::int64_t side = recipe.data.image_size;
    const at::Tensor images = at::randn({recipe.data.batch_size, 3, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
    fmt::print("{}\n", images_per_second(recipe.data.batch_size, [&] { return model->forward(images).sum().item<float>(); }));
  } catch (const std::exception& error) {
    fmt::print(stderr, "inference: {}\n", error.what());
    return 1;
  }
}
