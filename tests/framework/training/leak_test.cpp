// A long training holds no more files, threads and memory at its end than at its beginning.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"

namespace {

namespace fs = std::filesystem;

std::ptrdiff_t entries(const char* folder) { return std::distance(fs::directory_iterator(folder), {}); }

// Counts after every epoch.
class Counter final : public aviary::results::Listener {
 public:
  void epoch_done(const aviary::results::EpochDone&) override {
    files.push_back(entries("/proc/self/fd"));
    threads.push_back(entries("/proc/self/task"));
  }
  std::vector<std::ptrdiff_t> files;
  std::vector<std::ptrdiff_t> threads;
};

// A checkpoint may be written beside either: one file and one thread more.
void expect_no_more(const std::vector<std::ptrdiff_t>& counts) {
  ASSERT_EQ(counts.size(), 200U);
  EXPECT_LE(*std::min_element(counts.end() - 20, counts.end()), *std::max_element(counts.begin() + 1, counts.begin() + 20));
}

struct Leaks : aviary::test::Tiny {};

TEST_F(Leaks, NoFileAndNoThreadIsLeftOverTwoHundredEpochs) {
  const auto tiny =
      recipe({"training.epochs=200", "data.image_size=8", "data.batch_size=36", "ema.decay=0.9", "checkpoint.keep=1"});
  aviary::training::Experiment experiment(tiny);
  const auto run = aviary::results::RunFolder::create(folder_ / "run");
  aviary::results::EventLog log(run);
  Counter counter;
  const std::atomic<bool> stop = false;
  aviary::training::Trainer(experiment, run, &log, {.workers = 2, .limit_batches = {}, .deadline = {}}, stop, {&counter})
      .run({});
  expect_no_more(counter.files);
  expect_no_more(counter.threads);
}

double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * 4096 / 1e6;
}

// What a step frees lies in one piece until the next step takes parts of it.
TEST(Memory, OfALargeBlockThatWasFreedServesManySmallOnes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  at::ones({256 << 20}, at::kByte);
  const double before = resident_megabytes();
  std::vector<at::Tensor> blocks;
  for (int i = 0; i < 64; ++i) blocks.push_back(at::ones({2 << 20}, at::kByte));
  EXPECT_LT(resident_megabytes() - before, 40) << "128 MB were taken";
}

}  // namespace
