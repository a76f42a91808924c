// What saving costs a training: blocks of the same steps without a checkpoint and with one, which begins with the block and is
// waited for at its end.
//
//   build/bin/checkpoint [KEY=VALUE...]
//
// Trains ReXNet 1.0 at 224 pixels, 16 at a time, unless the settings say otherwise. Blocks take turns, in rounds, each kind
// first in every other one; the cost is the median of the rounds' differences. By default a training saves after every epoch:
// the share is that of an epoch of 10,000 pictures, a small one at this size.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/saver.hpp"
#include "training/step.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t classes = 400;
constexpr int rounds = 11;
constexpr int steps = 8;  // of a block
constexpr double epoch = 10'000;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

// A data set that can be opened; the pictures of the steps are drawn.
void write_pictures(const fs::path& folder) {
  for (const char* const name : {"a", "b"}) {
    fs::create_directories(folder / "train" / name);
    std::ofstream(folder / "train" / name / "1.pgm") << "P2\n1 1\n255\n0\n";
  }
}

aviary::recipe::Recipe recipe_of(const fs::path& folder, int argc, char** argv, aviary::plugins::Catalogue& catalogue) {
  std::vector<std::string> settings = {"data.path=\"" + (folder / "data").string() + "\"",
                                       fmt::format("data.classes={}", classes), "data.batch_size=16"};
  settings.insert(settings.end(), argv + 1, argv + argc);
  return aviary::recipe::read_recipe("benchmarks/networks.toml", settings, catalogue);
}

void measure(const fs::path& folder, int argc, char** argv) {
  aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
  write_pictures(folder / "data");
  aviary::training::Experiment experiment(recipe_of(folder, argc, argv, catalogue));
  const aviary::recipe::Data& data = experiment.recipe().data;
  aviary::data::Batch batch;
  batch.images = at::randn({data.batch_size, 3, data.image_size, data.image_size}).contiguous(at::MemoryFormat::ChannelsLast);
  batch.labels = at::randint(classes, {data.batch_size}, at::kLong);
  const auto run = aviary::results::RunFolder::create(folder / "run");
  const aviary::results::EventLog log(run);
  aviary::training::Saver saver(run, &log, 3);
  std::vector<double> copying;
  aviary::training::Position position;
  const auto block = [&](bool saved) {
    const auto began = Clock::now();
    if (saved) {
      saver.save(aviary::results::epoch_name(++position.epoch), experiment, position);
      copying.push_back(seconds_since(began));
    }
    for (int i = 0; i < steps; ++i) aviary::training::train_step(experiment.learner, {&batch, 1}, {}, aviary::Progress());
    saver.finish();
    return seconds_since(began);
  };
  block(true);
  copying.clear();
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> costs;
  for (int round = 0; round < rounds; ++round) {
    const bool first = round % 2 == 0;
    const double one = block(first);
    const double other = block(!first);
    with.push_back(first ? one : other);
    without.push_back(first ? other : one);
    costs.push_back(with.back() - without.back());
  }
  const double images_per_second = static_cast<double>(steps * data.batch_size) / median(without);
  std::uintmax_t bytes = 0;
  for (const auto& file : fs::directory_iterator(run.checkpoint("last"))) bytes += file.file_size();
  fmt::print("checkpoint            {:8.1f} MB\n", static_cast<double>(bytes) / 1e6);
  fmt::print("{} steps               {:8.3f} s\n", steps, median(without));
  fmt::print("{} steps and a save    {:8.3f} s\n", steps, median(with));
  fmt::print("a save costs          {:8.1f} ms, {:.1f} ms of them for copying\n", 1e3 * median(costs), 1e3 * median(copying));
  fmt::print("share of an epoch     {:8.4f} % of {:.0f} s, {:.0f} pictures at {:.1f} images/s\n",
             100 * median(costs) / (epoch / images_per_second), epoch / images_per_second, epoch, images_per_second);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("aviary-checkpoint-{}", ::getpid());
  int code = 0;
  try {
    aviary::training::set_compute_threads({});
    measure(folder, argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "checkpoint: {}\n", error.what());
    code = 1;
  }
  fs::remove_all(folder);
  return code;
}
