// A long training holds no more files and threads at its end than at its beginning.
#include <filesystem>
#include <iterator>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"

namespace {

namespace fs = std::filesystem;

std::ptrdiff_t entries(const char* folder) { return std::distance(fs::directory_iterator(folder), {}); }

// Counts after every epoch.
class Counter final : public aviary::results::Listener {
 public:
  void epoch_done(const aviary::results::EpochDone&) override {
    counts.emplace_back(entries("/proc/self/fd"), entries("/proc/self/task"));
  }
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> counts;  // open files, threads
};

struct Leaks : aviary::test::Tiny {};

TEST_F(Leaks, NoFileAndNoThreadIsLeftOverTwoHundredEpochs) {
  const auto tiny =
      recipe({"training.epochs=200", "data.image_size=8", "data.batch_size=36", "ema.decay=0.9", "checkpoint.keep=1"});
  aviary::training::Experiment experiment(tiny);
  const auto run = aviary::results::RunFolder::create(folder_ / "run");
  aviary::results::EventLog log(run);
  Counter counter;
  const std::atomic<bool> stop = false;
  aviary::training::Trainer(experiment, run, log, {.workers = 2, .limit_batches = {}, .deadline = {}}, stop, {&counter})
      .run({});
  ASSERT_EQ(counter.counts.size(), 200U);
  EXPECT_EQ(counter.counts.back(), counter.counts[1]);
}

}  // namespace
