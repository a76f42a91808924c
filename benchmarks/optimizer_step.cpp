// How long one step of each optimizer takes on the parameters of ReXNet 1.12, without forward and backward, and that of
// LibTorch's own where it has one.
//
//   build/bin/optimizer_step
//
// All take turns on the same weights and gradients, a block of steps each, in rounds; the figures are medians over the rounds.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/randn_like.h>
#include <fmt/format.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>

#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"

namespace {

namespace optim = torch::optim;
using Weights = std::vector<at::Tensor>;

struct Subject {
  const char* settings;  ///< as in a recipe; rates so small that nothing overflows
  std::unique_ptr<optim::Optimizer> (*libtorch)(const Weights&);
};

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> made(const Weights& weights, const Options& options) {
  return std::make_unique<Optimizer>(weights, options);
}

const std::array<Subject, 11> subjects = {{
    {R"(type = "sgd", lr = 1e-6, momentum = 0.9, weight_decay = 5e-4)",
     [](const Weights& w) { return made<optim::SGD>(w, optim::SGDOptions(1e-6).momentum(0.9).weight_decay(5e-4)); }},
    {R"(type = "sgd", lr = 1e-6, momentum = 0.9, nesterov = true)",
     [](const Weights& w) { return made<optim::SGD>(w, optim::SGDOptions(1e-6).momentum(0.9).nesterov(true)); }},
    {R"(type = "adam", weight_decay = 5e-4)",
     [](const Weights& w) { return made<optim::Adam>(w, optim::AdamOptions(1e-6).weight_decay(5e-4)); }},
    {R"(type = "adam", amsgrad = true)",
     [](const Weights& w) { return made<optim::Adam>(w, optim::AdamOptions(1e-6).amsgrad(true)); }},
    {R"(type = "adamw")", [](const Weights& w) { return made<optim::AdamW>(w, optim::AdamWOptions(1e-6)); }},
    {R"(type = "rmsprop")", [](const Weights& w) { return made<optim::RMSprop>(w, optim::RMSpropOptions(1e-6)); }},
    {R"(type = "rmsprop", momentum = 0.9, centered = true)",
     [](const Weights& w) { return made<optim::RMSprop>(w, optim::RMSpropOptions(1e-6).momentum(0.9).centered(true)); }},
    {R"(type = "nadam")", nullptr},
    {R"(type = "lion")", nullptr},
    {R"(type = "adan")", nullptr},
    {R"(type = "sam", base = { type = "sgd", lr = 1e-6, momentum = 0.9, weight_decay = 5e-4 })", nullptr},
}};

aviary::recipe::Recipe recipe_of(const char* optimizer, aviary::plugins::Catalogue& catalogue) {
  return aviary::recipe::read_recipe("benchmarks/networks.toml",
                                     {"model.width_mult=1.12", fmt::format("optimizer={{ {} }}", optimizer)}, catalogue);
}

double milliseconds(const std::function<void()>& step) {
  using Clock = std::chrono::steady_clock;
  constexpr int steps = 20;
  step();
  const auto began = Clock::now();
  for (int i = 0; i < steps; ++i) step();
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count() / steps;
}

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

void measure(const Subject& subject, const std::vector<aviary::Parameter>& parameters, aviary::plugins::Catalogue& catalogue) {
  Weights weights;
  for (const aviary::Parameter& parameter : parameters) weights.push_back(parameter.tensor);
  const auto optimizer =
      aviary::recipe::make<aviary::Optimizer>(recipe_of(subject.settings, catalogue).optimizer, {parameters});
  const auto libtorch = subject.libtorch == nullptr ? nullptr : subject.libtorch(weights);
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < 11; ++round) {
    ours.push_back(milliseconds([&] { optimizer->step(1e-6, [](aviary::Gradient) { return 0.0; }); }));
    if (libtorch) theirs.push_back(milliseconds([&] { libtorch->step(); }));
  }
  fmt::print("{:88}  {:>6.2f}", subject.settings, median(ours));
  if (libtorch) fmt::print("  {:>8.2f}  {:>5.2f}", median(theirs), median(theirs) / median(ours));
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace

int main() {
  try {
    aviary::training::set_compute_threads({});
    aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
    const auto model = aviary::training::make_model(recipe_of(subjects.front().settings, catalogue), 400);
    const std::vector<aviary::Parameter> parameters = aviary::training::parameters_of(*model, {});
    for (const aviary::Parameter& parameter : parameters) parameter.tensor.mutable_grad() = at::randn_like(parameter.tensor);
    fmt::print("{} parameters in {} tensors\n", aviary::training::count_parameters(*model), parameters.size());
    fmt::print("{:88}  {:>6}  {:>8}  {:>5}\n", "milliseconds a step", "aviary", "LibTorch", "ratio");
    for (const Subject& subject : subjects) measure(subject, parameters, catalogue);
  } catch (const std::exception& error) {
    fmt::print(stderr, "optimizer_step: {}\n", error.what());
    return 1;
  }
}
