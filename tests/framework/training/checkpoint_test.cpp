#include "training/checkpoint.hpp"

#include <array>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/training/tiny.hpp"
#include "framework/weights/full_disk.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::test::bytes_of;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::training::Experiment;
using aviary::training::load_checkpoint;
using aviary::training::Position;
using aviary::training::save_checkpoint;
using aviary::training::snapshot_of;

struct CheckpointTest : aviary::test::Tiny {
  CheckpointTest() {
    const Experiment experiment(recipe());
    Position position;
    position.epoch = 2;
    position.batch = 1;
    position.loss_sum = 0.1;
    position.correct = 3;
    position.pictures = 8;
    position.history = {0.25, std::numeric_limits<double>::infinity()};
    position.best = 2;
    position.events_bytes = 7;
    position.metrics_bytes = 9;
    position.bad_pictures = {"train/h\xe9ron.jpg"};
    save_checkpoint(place, snapshot_of(experiment, position));
  }
  std::string refusal(const std::vector<std::string>& settings = {}) const {
    Experiment experiment(recipe(settings));
    return message_of<Error>([&] { load_checkpoint(place, experiment); });
  }
  const fs::path place = folder_ / "checkpoint";
  static constexpr std::array files = {"model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"};
};

TEST_F(CheckpointTest, KeepsThePosition) {
  Experiment experiment(recipe());
  const Position position = load_checkpoint(place, experiment);
  EXPECT_EQ(position.epoch, 2);
  EXPECT_EQ(position.batch, 1);
  EXPECT_EQ(position.loss_sum, 0.1);
  EXPECT_EQ(position.correct, 3);
  EXPECT_EQ(position.pictures, 8);
  EXPECT_EQ(position.history, (std::vector<double>{0.25, std::numeric_limits<double>::infinity()}));
  EXPECT_EQ(position.best, 2);
  EXPECT_THAT(position.bad_pictures, testing::ElementsAre("train/h\xef\xbf\xbdron.jpg"));
  EXPECT_EQ(position.events_bytes, 7);
  EXPECT_EQ(position.metrics_bytes, 9);
}

TEST_F(CheckpointTest, EqualStatesHaveEqualBytesAndNothingElseIsLeft) {
  Experiment experiment(recipe());
  const Position position = load_checkpoint(place, experiment);
  save_checkpoint(folder_ / "again", snapshot_of(experiment, position));
  for (const char* const file : files) EXPECT_TRUE(bytes_of(place / file) == bytes_of(folder_ / "again" / file)) << file;
  EXPECT_THAT(folder_.names(), testing::UnorderedElementsAre("data", "tiny.toml", "checkpoint", "again"));
}

TEST_F(CheckpointTest, KeepsTheScaleOfTheGradients) {
  using aviary::training::GradientScale;
  Experiment experiment(recipe());
  experiment.learner.gradient_scale = GradientScale("fp16");
  load_checkpoint(place, experiment);  // of a training without one
  EXPECT_EQ(experiment.learner.gradient_scale.factor(), GradientScale("fp16").factor());
  experiment.learner.gradient_scale.state()[0].fill_(512);
  save_checkpoint(folder_ / "scaled", snapshot_of(experiment, {}));
  Experiment other(recipe());
  other.learner.gradient_scale = GradientScale("fp16");
  load_checkpoint(folder_ / "scaled", other);
  EXPECT_EQ(other.learner.gradient_scale.factor(), 512);
  Experiment without(recipe());
  load_checkpoint(folder_ / "scaled", without);
  EXPECT_EQ(without.learner.gradient_scale.factor(), 1);
}

TEST_F(CheckpointTest, RefusesOtherClasses) {
  fs::rename(folder_ / "data/train/red", folder_ / "data/train/scarlet");
  for (const char* const part : {"valid", "test"}) fs::remove_all(folder_ / "data" / part / "red");
  EXPECT_EQ(
      refusal(),
      (place / "model.safetensors").string() +
          " was trained with class 2 = \"red\"; in the data it is \"scarlet\"; take the data it was trained on, or give its "
          "order in data.class_names");
}

TEST_F(CheckpointTest, RefusesAnotherModel) {
  EXPECT_THAT(refusal({"model.width=2"}),
              testing::StartsWith((place / "model.safetensors").string() +
                                  " does not fit the recipe's model: it has other shapes: "
                                  "f.1_block.block.0.block.0_convolution.weight (16x16x3x3 instead of 32x16x3x3), "));
  EXPECT_THAT(refusal({"model.extra_unit=true"}),
              testing::StartsWith((place / "model.safetensors").string() +
                                  " does not fit the recipe's model: it lacks f.1_block.block.1."));
  EXPECT_THAT(refusal({"model.width=2"}), testing::EndsWith("; take the recipe and the plugins that it was trained with"));
}

TEST_F(CheckpointTest, RefusesAnotherOptimizersState) {
  EXPECT_THAT(refusal({"optimizer.momentum=0"}),
              testing::StartsWith((place / "optimizer.safetensors").string() +
                                  " does not fit optimizer sgd: it holds what optimizer sgd does not have: "));
}

TEST_F(CheckpointTest, RefusesTheFormatOfAnotherAviary) {
  put_bytes(place / "state.json", "{\"format\": 9}");
  EXPECT_EQ(refusal(),
            (place / "state.json").string() + " has format 9; this aviary reads format 2: use the aviary that wrote it");
}

TEST_F(CheckpointTest, FindsCutMissingAndChangedFiles) {
  const std::string sentence = place.string() + " is damaged (sha256sum -c SHA256SUMS in it tells which file)";
  for (const char* const file : files) {
    const std::string bytes = bytes_of(place / file);
    for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      put_bytes(place / file, bytes.substr(0, size));
      EXPECT_EQ(refusal(), sentence) << file << " cut to " << size;
      std::string changed = bytes;
      changed[size] ^= 1;
      put_bytes(place / file, changed);
      EXPECT_EQ(refusal(), sentence) << file << " changed at " << size;
    }
    fs::remove(place / file);
    EXPECT_EQ(refusal(), sentence) << file;
    put_bytes(place / file, bytes);
  }
  EXPECT_EQ(refusal(), "");
}

TEST_F(CheckpointTest, ReplacesAnotherAsAWhole) {
  Experiment experiment(recipe());
  Position position = load_checkpoint(place, experiment);
  position.batch = 3;
  save_checkpoint(place, snapshot_of(experiment, position));
  EXPECT_EQ(load_checkpoint(place, experiment).batch, 3);
  EXPECT_THAT(folder_.names(), testing::UnorderedElementsAre("data", "tiny.toml", "checkpoint"));
}

TEST_F(CheckpointTest, AFullDiskLeavesTheOldOne) {
  Experiment experiment(recipe());
  Position position = load_checkpoint(place, experiment);
  position.batch = 3;
  const auto snapshot = snapshot_of(experiment, position);
  std::string message;
  {
    const aviary::test::FullDisk disk(4096);
    message = message_of<Error>([&] { save_checkpoint(place, snapshot); });
  }
  EXPECT_EQ(message, "cannot write " + (folder_ / ".checkpoint.part/model.safetensors").string() + ": File too large");
  EXPECT_EQ(load_checkpoint(place, experiment).batch, 1);
  EXPECT_THAT(folder_.names(), testing::UnorderedElementsAre("data", "tiny.toml", "checkpoint"));
}

}  // namespace
