// Pictures per second of a network in evaluation mode, as predictions are made.
//
//   build/bin/inference RECIPE [KEY=VALUE...]
//
// In the recipe's precision: one batch of its size, random pictures, 400 classes.
#include <chrono>
#include <string>
#include <vector>

#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <aviary/model.hpp>

#include "network/evaluation_mode.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  try {
    aviary::training::keep_freed_memory();
    aviary::training::set_compute_threads({});
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    const auto recipe = aviary::recipe::read_recipe(argv[1], {argv + 2, argv + argc}, catalogue);
    const auto model = aviary::training::make_model(recipe, 400);
    const aviary::network::EvaluationMode evaluating(*model);
    const aviary::training::Bf16Autocast autocast(recipe.training.precision == "bf16");
    const std::int64_t side = recipe.data.image_size;
    const at::Tensor images = at::randn({recipe.data.batch_size, 3, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto forward = [&] { return model->forward(images).sum().item<float>(); };
    for (int warming = 0; warming < 5; ++warming) forward();
    constexpr std::chrono::duration<double> least(4);
    std::int64_t batches = 0;
    const auto began = Clock::now();
    for (; Clock::now() - began < least; ++batches) forward();
    fmt::print("{}\n", static_cast<double>(batches * recipe.data.batch_size) /
                           std::chrono::duration<double>(Clock::now() - began).count());
  } catch (const std::exception& error) {
    fmt::print(stderr, "inference: {}\n", error.what());
    return 1;
  }
}
