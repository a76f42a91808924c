// What each network costs: parameters and multiply-adds at its size, and training images per second in fp32 and bf16.
//
//   build/bin/networks [BATCH_SIZE]
//
// A step is training::train_step with SGD on one random batch, 16 pictures unless said. Precisions take turns, in three rounds;
// the figures are medians.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "images_per_second.hpp"
#include "network/layers.hpp"
#include "network/trace.hpp"
#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"
#include "training/step.hpp"

namespace {

constexpr std::int64_t classes = 400;

struct Network {
  const char* type;
  const char* setting;  ///< KEY=VALUE
  std::int64_t image_size;
};

constexpr std::array<Network, 12> networks = {{{"rexnet", "width_mult=1.0", 224},
                                               {"rexnet", "width_mult=1.12", 224},
                                               {"efficientnet", "variant=b0", 224},
                                               {"efficientnet", "repeats=[1, 3, 3, 4, 4, 4, 1]", 224},
                                               {"resnet", "depth=18", 224},
                                               {"resnet", "channels=[84, 126, 189, 284]", 224},
                                               {"wide_resnet", "extra_unit=true", 32},
                                               {"mobilevit", "variant=xxs", 256},
                                               {"mobilevit", "variant=xs", 256},
                                               {"mobilevit", "variant=s", 256},
                                               {"mobilenetv4", "dropout=0", 224},
                                               {"starnet", "variant=s2", 224}}};

aviary::recipe::Recipe recipe_of(const Network& network, std::int64_t batch_size, const std::string& precision,
                                 aviary::plugins::Catalogue& catalogue) {
  return aviary::recipe::read_recipe("benchmarks/networks.toml",
                                     {fmt::format("model.type={}", network.type), fmt::format("model.{}", network.setting),
                                      fmt::format("data.image_size={}", network.image_size),
                                      fmt::format("data.batch_size={}", batch_size), "training.precision=" + precision},
                                     catalogue);
}

double training_rate(const aviary::recipe::Recipe& recipe) {
  aviary::training::Learner learner(recipe, classes);
  aviary::data::Batch batch;
  batch.images = at::randn({recipe.data.batch_size, 3, recipe.data.image_size, recipe.data.image_size})
                     .contiguous(at::MemoryFormat::ChannelsLast);
  batch.labels = at::randint(classes, {recipe.data.batch_size}, at::kLong);
  return images_per_second(recipe.data.batch_size, [&] {
    aviary::training::train_step(learner, {&batch, 1}, {}, aviary::Progress());
  });
}

void measure(const Network& network, std::int64_t batch_size, aviary::plugins::Catalogue& catalogue) {
  constexpr std::array<const char*, 2> precisions = {"fp32", "bf16"};
  std::array<std::vector<double>, 2> figures;
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < 2; ++i)
      figures[i].push_back(training_rate(recipe_of(network, batch_size, precisions[i], catalogue)));
  for (std::vector<double>& each : figures) std::ranges::sort(each);
  const auto model = aviary::training::make_model(recipe_of(network, batch_size, "fp32", catalogue), classes);
  const auto layers = aviary::network::read_layers(aviary::network::trace(*model, {3, network.image_size, network.image_size}));
  fmt::print("{:12}  {:30}  {:>5}  {:>12}  {:>14}  {:>8.1f}  {:>8.1f}\n", network.type, network.setting, network.image_size,
             layers.parameters, layers.multiply_adds - layers.attention_multiply_adds, figures[0][1], figures[1][1]);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    aviary::training::set_compute_threads({});
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    fmt::print("{:12}  {:30}  {:>5}  {:>12}  {:>14}  {:>8}  {:>8}\n", "network", "setting", "size", "parameters",
               "multiply-adds", "fp32", "bf16");
    for (const Network& network : networks) measure(network, argc > 1 ? std::stoll(argv[1]) : 16, catalogue);
  } catch (const std::exception& error) {
    fmt::print(stderr, "networks: {}\n", error.what());
    return 1;
  }
}
