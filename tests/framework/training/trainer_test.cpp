#include "training/trainer.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "data/loader.hpp"
#include "framework/training/tiny.hpp"
#include "results/evaluation.hpp"
#include "weights/safetensors.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::test::bytes_of;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::Tiny;
using testing::HasSubstr;

struct TrainerTest : Tiny {
  // metrics.csv without seconds and images_per_second, which no two runs share.
  std::string metrics(const std::string& run) const {
    std::istringstream lines(bytes_of(folder_ / run / "metrics.csv"));
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
      for (int column = 0; column < 2; ++column) line.erase(line.rfind(','));
      kept += line + '\n';
    }
    return kept;
  }
};

TEST_F(TrainerTest, LearnsToTellColoursApart) {
  const auto outcome = train("run", {"training.epochs=30", "optimizer.lr=0.05", "model.dropout=0"});
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_GE(outcome.train.top1, 0.9);
  EXPECT_EQ(outcome.train.pictures, 36);
  ASSERT_TRUE(outcome.test);
  EXPECT_GE(outcome.test->top1, 0.9);
  EXPECT_EQ(outcome.test->pictures, 12);
}

TEST_F(TrainerTest, TwoRunsAndAnyNumberOfWorkersGiveTheSameBytes) {
  train("one");
  train("again");
  train("three_workers", {}, 3);
  train("other_seed", {"training.seed=6"});
  EXPECT_TRUE(state("one") == state("again"));
  EXPECT_TRUE(state("one") == state("three_workers"));
  EXPECT_FALSE(state("one") == state("other_seed"));
  EXPECT_EQ(metrics("one"), metrics("three_workers"));
}

TEST_F(TrainerTest, InterruptedAndResumedEqualsUninterrupted) {
  train("through");
  // Five batches an epoch: within the first, at the end of the first, within the second.
  for (const int batches : {2, 5, 7}) {
    const std::string run = "after_" + std::to_string(batches);
    EXPECT_TRUE(train(run, {}, 1, batches).interrupted);
    EXPECT_FALSE(resume(run).interrupted);
    EXPECT_TRUE(state(run) == state("through")) << batches;
    EXPECT_EQ(metrics(run), metrics("through")) << batches;
  }
}

// As a plugin might, at a moment that no checkpoint was made for.
class Crash final : public aviary::results::Listener {
 public:
  explicit Crash(int batches) : left_(batches) {}
  void batch_done(const aviary::results::BatchDone&) override {
    if (--left_ == 0) throw std::runtime_error("crash");
  }

 private:
  int left_;
};

TEST_F(TrainerTest, GoesOnFromASaveWithinTheEpochWhichGoesAtItsEnd) {
  train("through");
  const std::string every = "2 batches";
  const std::vector<std::string> settings = {"checkpoint.every=\"" + every + "\""};
  {
    aviary::training::Experiment experiment(recipe(settings));
    const auto run = aviary::results::RunFolder::create(folder_ / every);
    put_bytes(run.recipe_file(), "");
    EXPECT_EQ(message_of<std::runtime_error>([&] {
                aviary::results::EventLog log(run);
                Crash crash(9);  // the fourth batch of the second epoch
                const std::atomic<bool> stop = false;
                aviary::training::Trainer(experiment, run, &log, {}, stop, {&crash}).run({});
              }),
              "crash");
    EXPECT_EQ(fs::read_symlink(run.checkpoints() / "last"), "step");
    resume(every, settings);
    EXPECT_FALSE(fs::exists(run.checkpoints() / "step"));
    EXPECT_TRUE(state(every) == state("through"));
    EXPECT_EQ(metrics(every), metrics("through"));
  }
}

TEST_F(TrainerTest, StartsAtTheBeginningWhereNothingWasSavedYet) {
  train("through");
  const auto run = aviary::results::RunFolder::create(folder_ / "run");
  put_bytes(run.recipe_file(), "");
  put_bytes(run.metrics_file(), "epo");
  resume("run");
  EXPECT_TRUE(state("run") == state("through"));
  EXPECT_EQ(metrics("run"), metrics("through"));
}

TEST_F(TrainerTest, GoesOnFromTheNewestWholeCheckpointWhateverTheirTimes) {
  train("run");
  const auto run = aviary::results::RunFolder::open(folder_ / "run");
  const std::string whole = state("run");
  const fs::path third = run.checkpoints() / "epoch-0003";
  const auto now = fs::last_write_time(third);
  for (const int epoch : {1, 2})  // as after a clock that was set back
    fs::last_write_time(run.checkpoints() / aviary::results::epoch_name(epoch), now - std::chrono::hours(epoch));
  std::string bytes = bytes_of(third / "model.safetensors");
  bytes[bytes.size() / 2] ^= 4;
  put_bytes(third / "model.safetensors", bytes);
  aviary::training::Experiment experiment(recipe());
  EXPECT_EQ(aviary::training::load_newest_checkpoint(run, experiment).epoch, 2);
  EXPECT_EQ(experiment.dataset.notices.back(),
            third.string() + " is damaged (sha256sum -c SHA256SUMS in it tells which file); going on from epoch-0002");
  resume("run");
  EXPECT_TRUE(state("run") == whole);

  for (int epoch = 1; epoch <= 3; ++epoch) fs::remove(run.checkpoints() / aviary::results::epoch_name(epoch) / "state.json");
  EXPECT_EQ(message_of<Error>([&] { resume("run"); }),
            third.string() +
                " is damaged (sha256sum -c SHA256SUMS in it tells which file), and no other is whole; begin anew "
                "with: aviary train " +
                run.recipe_file().string());
}

TEST_F(TrainerTest, EndsAtItsDeadlineAndGoesOnToTheSameBytes) {
  train("through");
  time_ = std::chrono::milliseconds(1);
  const auto outcome = train("short");
  EXPECT_TRUE(outcome.out_of_time);
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_EQ(outcome.epochs, 0);
  EXPECT_THAT(bytes_of(folder_ / "short/events.jsonl"), HasSubstr("\"reason\":\"out_of_time\""));
  // Sessions end within epochs and between them, before validation and before the test part, on machines of any speed.
  do time_ = *time_ * 3 / 2;
  while (resume("short").out_of_time);
  EXPECT_TRUE(state("short") == state("through"));
  EXPECT_EQ(metrics("short"), metrics("through"));
}

TEST_F(TrainerTest, ALongerTrainingAveragesItsOwnLastEpochs) {
  train("longer", {"swa.epochs=1", "training.epochs=2"});
  resume("longer", {"swa.epochs=1"});
  train("long", {"swa.epochs=1"});
  const auto swa = [&](const std::string& run) { return bytes_of(folder_ / run / "checkpoints/swa/model.safetensors"); };
  EXPECT_TRUE(swa("longer") == swa("long"));
}

TEST_F(TrainerTest, BalancedFractionsOfEpochsAreShorterAndResumeAlike) {
  const std::vector<std::string> settings = {"data.sampling=balanced", "data.epoch_fraction=0.5", "data.load_size=20"};
  EXPECT_EQ(train("through", settings).train.pictures, 18);
  // Three batches an epoch: within the second.
  EXPECT_TRUE(train("stopped", settings, 1, 4).interrupted);
  EXPECT_FALSE(resume("stopped", settings).interrupted);
  EXPECT_TRUE(state("stopped") == state("through"));
}

TEST_F(TrainerTest, TheCacheChangesNoBit) {
  const aviary::test::ScratchFolder cache;
  setenv("XDG_CACHE_HOME", cache.path().c_str(), 1);
  train("none", {"data.cache=none"});
  for (const std::string kind : {"memory", "disk"}) {
    train(kind, {"data.cache=" + kind}, 2);
    EXPECT_TRUE(state(kind) == state("none")) << kind;
  }
  train("disk_again", {"data.cache=disk"}, 2);
  EXPECT_TRUE(state("disk_again") == state("none"));
  unsetenv("XDG_CACHE_HOME");
}

TEST_F(TrainerTest, KeepsTheLastEpochsAndTheBest) {
  // With rate 0 every epoch scores alike, so that the first stays the best.
  train("run", {"checkpoint.keep=1", "optimizer.lr=0", "training.epochs=4"});
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_ / "run/checkpoints")) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("best", "epoch-0001", "epoch-0004", "last"));
  EXPECT_EQ(fs::read_symlink(folder_ / "run/checkpoints/best"), "epoch-0001");
  EXPECT_EQ(fs::read_symlink(folder_ / "run/checkpoints/last"), "epoch-0004");
}

TEST_F(TrainerTest, LossThatIsNotFiniteStopsWithTheFilesNamedAndGoodWeightsKept) {
  EXPECT_TRUE(train("run", {}, 1, 5).interrupted);
  const std::string message = message_of<Error>([&] { train("wild", {"optimizer.lr=1e30"}); });
  EXPECT_THAT(message,
              testing::MatchesRegex("the loss is (-?nan|inf) in epoch 1, batch [2-5]; lower the learning rate \\(it is "
                                    "1e\\+30\\), or look at the pictures: train/.*\\.png.*"));
  for (const auto& [name, tensor] :
       aviary::weights::load_safetensors(folder_ / "run/checkpoints/last/model.safetensors").tensors)
    EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
}

TEST_F(TrainerTest, WithoutValidationDataTheMetricOfTrainingNamesTheBest) {
  fs::remove_all(folder_ / "data/valid");
  const auto outcome = train("run", {"training.metric=train.loss", "training.epochs=1"});
  EXPECT_EQ(outcome.best, 1);
  EXPECT_EQ(outcome.best_value, outcome.train.loss);
  EXPECT_FALSE(outcome.validation);
}

TEST_F(TrainerTest, ValidationPicturesAreNotAugmented) {
  // The scores of the log are those of the same weights without the recipe's augmentations.
  train("run", {"training.epochs=2"});
  aviary::training::Experiment experiment(recipe());
  aviary::training::load_checkpoint(folder_ / "run/checkpoints/last", experiment);
  const auto score = [&] {
    aviary::data::Loader loader(experiment.dataset.validation, experiment.preparation, {.batch_size = 8});
    const std::atomic<bool> stop = false;
    return aviary::results::evaluate(*experiment.learner.model, {"model", "file"}, loader, {}, stop)->scores.loss;
  };
  std::istringstream lines(metrics("run"));
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line;
  std::vector<std::string> cells;
  std::istringstream row(last);
  for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
  EXPECT_DOUBLE_EQ(std::stod(cells.at(4)), score());
}

}  // namespace
