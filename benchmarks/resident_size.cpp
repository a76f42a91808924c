// Whether a training grows: what it has allocated, and its resident size, after the 2nd, 20th and 50th epoch. Freed memory is
// kept for the next batch, a part for each thread: the resident size grows until every part has seen its largest need.
//
//   build/bin/resident_size RECIPE [KEY=VALUE...]
//
// The recipe's training, with 50 epochs and the program's own settings, in a run folder that is removed at the end.
#include <jemalloc/jemalloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "plugins/catalogue.hpp"
#include "training/compute.hpp"
#include "training/trainer.hpp"

namespace {

namespace fs = std::filesystem;

double resident_megabytes() {
  std::ifstream stream("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  stream >> size >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6;
}

double allocated_megabytes() {
  std::uint64_t now = 1;
  ::mallctl("epoch", nullptr, nullptr, &now, sizeof now);
  std::size_t bytes = 0;
  std::size_t size = sizeof bytes;
  ::mallctl("stats.allocated", &bytes, &size, nullptr, 0);
  return static_cast<double>(bytes) / 1e6;
}

class Watch final : public aviary::results::Listener {
 public:
  void epoch_done(const aviary::results::EpochDone& event) override {
    if (event.epoch != 1 && event.epoch != 19 && event.epoch != 49) return;
    fmt::print("epoch {:2}  {:.1f} MB allocated, {:.1f} MB resident\n", event.epoch + 1, allocated_megabytes(),
               resident_megabytes());
  }
};

void measure(const std::string& recipe, std::vector<std::string> settings, const fs::path& folder) {
  settings.emplace_back("training.epochs=50");
  aviary::plugins::Catalogue catalogue(aviary::plugins::search_path({}));
  aviary::training::set_compute_threads({});
  aviary::training::Experiment experiment(aviary::recipe::read_recipe(recipe, settings, catalogue));
  const auto run = aviary::results::RunFolder::create(folder);
  aviary::results::EventLog log(run);
  Watch watch;
  const std::atomic<bool> stop = false;
  aviary::training::Trainer(experiment, run, &log, {.workers = 2, .limit_batches = {}, .deadline = {}}, stop, {&watch}).run({});
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("resident_size.{}", ::getpid());
  try {
    if (argc < 2) throw aviary::Error("usage: resident_size RECIPE [KEY=VALUE...]");
    measure(argv[1], {argv + 2, argv + argc}, folder);
    fs::remove_all(folder);
  } catch (const std::exception& error) {
    fs::remove_all(folder);
    fmt::print(stderr, "resident_size: {}\n", error.what());
    return 1;
  }
}
