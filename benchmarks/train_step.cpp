// What the host's settings are worth: training steps as Aviary makes them, against a plain LibTorch loop as its tutorials write
// it.
//
//   build/bin/train_step RECIPE [KEY=VALUE...]
//
// Both train the recipe's model with the recipe's optimizer on one random batch. "plain" has LibTorch's defaults: one thread
// unless OMP_NUM_THREADS says otherwise, contiguous tensors, glibc's allocator. "plain, all cores" adds threads and nothing
// else. "aviary" is training::train_step under the host's settings. Each kind is a process of its own (the allocator's setting
// cannot be taken back), and they take turns, so that a machine whose speed drifts is fair to all; the ratios are medians over
// the rounds. Scripts beside it take one figure: --measure aviary RECIPE..., or --measure "aviary cuda" RECIPE...
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "images_per_second.hpp"
#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"
#include "training/step.hpp"

namespace {

constexpr std::array<const char*, 3> kinds = {"plain", "plain, all cores", "aviary"};
constexpr std::int64_t classes = 400;

at::Tensor random_images(const aviary::recipe::Data& data) {
  return at::randn({data.batch_size, 3, data.image_size, data.image_size});
}

at::Tensor random_labels(const aviary::recipe::Data& data) { return at::randint(classes, {data.batch_size}, at::kLong); }

double measure_plain(const aviary::recipe::Recipe& recipe) {
  const auto model = aviary::recipe::make<aviary::Model>(recipe.model, {classes, 3, recipe.data.image_size});
  const auto optimizer =
      aviary::recipe::make<aviary::Optimizer>(recipe.optimizer, {aviary::training::parameters_of(*model, recipe.start)});
  const at::Tensor images = random_images(recipe.data);
  const at::Tensor labels = random_labels(recipe.data);
  return images_per_second(recipe.data.batch_size, [&] {
    optimizer->step(0.01, [&](aviary::Gradient) {
      model->zero_grad();
      const at::Tensor loss = at::cross_entropy_loss(model->forward(images), labels);
      loss.backward();
      return loss.item<double>();
    });
  });
}

double measure_aviary(const aviary::recipe::Recipe& recipe) {
  aviary::training::set_compute_threads({});
  aviary::training::set_deterministic(recipe.training.deterministic);
  aviary::training::Learner learner(recipe, classes);
  aviary::data::Batch batch;
  const at::Device device = aviary::training::compute_device();
  batch.images = random_images(recipe.data).contiguous(at::MemoryFormat::ChannelsLast).to(device);
  batch.labels = random_labels(recipe.data).to(device);
  const aviary::data::Split no_files;
  return images_per_second(recipe.data.batch_size, [&] {
    aviary::training::train_step(learner, {&batch, 1}, no_files, aviary::Progress());
  });
}

double measure(std::string_view kind, const std::string& recipe_name, const std::vector<std::string>& settings) {
  constexpr std::string_view own_kind = "aviary";
  const bool own = kind.starts_with(own_kind);
  if (own) aviary::training::keep_freed_memory();
  if (own && kind != own_kind) aviary::training::choose_device(std::string(kind.substr(own_kind.size() + 1)));
  aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
  const auto recipe = aviary::recipe::read_recipe(recipe_name, settings, catalogue);
  if (kind == "plain, all cores") at::set_num_threads(static_cast<int>(std::thread::hardware_concurrency()));
  return own ? measure_aviary(recipe) : measure_plain(recipe);
}

// Runs this program again for one measurement and reads its figure.
double measure_in_child(const std::string& kind, const std::string& arguments) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = fmt::format("'{}' --measure '{}' {}", program, kind, arguments);
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw aviary::Error("cannot start " + command);
  double figure = 0;
  const bool read = std::fscanf(pipe, "%lf", &figure) == 1;
  if (pclose(pipe) != 0 || !read) throw aviary::Error("a measurement failed: " + command);
  return figure;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() >= 3 && words[0] == "--measure") {
      fmt::print("{}\n", measure(words[1], words[2], {words.begin() + 3, words.end()}));
      return 0;
    }
    if (words.empty()) throw aviary::Error("usage: train_step RECIPE [KEY=VALUE...]");
    std::string arguments;
    for (const std::string& word : words) arguments += fmt::format(" '{}'", word);
    std::vector<std::vector<double>> figures(kinds.size());
    constexpr int rounds = 5;
    for (int round = 0; round < rounds; ++round)
      for (std::size_t i = 0; i < kinds.size(); ++i) figures[i].push_back(measure_in_child(kinds[i], arguments));
    fmt::print("{:18}  {:>10}  {:>22}\n", "images/s", "median", "aviary against it");
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      std::vector<double> ratios;
      for (int round = 0; round < rounds; ++round) ratios.push_back(figures.back()[round] / figures[i][round]);
      fmt::print("{:18}  {:10.1f}  {:8.2f} ({:.2f} to {:.2f})\n", kinds[i], median(figures[i]), median(ratios),
                 *std::ranges::min_element(ratios), *std::ranges::max_element(ratios));
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_step: {}\n", error.what());
    return 1;
  }
}
