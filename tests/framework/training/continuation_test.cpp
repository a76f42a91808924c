#include "training/continuation.hpp"

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::Error;
using aviary::test::message_of;
using aviary::training::accept_changes;
using aviary::training::Position;

Position after_two_epochs() {
  Position position;
  position.epoch = 2;
  position.history = {0.5, 0.6};
  position.watched = {1.5, 1.4};
  return position;
}

std::string refusal(const std::string& key, Position position) {
  return message_of<Error>([&] { accept_changes({{key, "8", "16", {}, {}}}, position); });
}

TEST(Continuation, ChangesWhatAnEpochIsMadeOfBetweenEpochsOnly) {
  Position position = after_two_epochs();
  for (const char* const key : {"data.batch_size", "gradient.accumulate", "training.seed", "optimizer.lr"})
    EXPECT_EQ(refusal(key, position), "") << key;
  position.batch = 3;
  EXPECT_EQ(refusal("data.batch_size", position),
            "data.batch_size cannot change within an epoch, and 3 batches of epoch 3 are done; change it at an epoch's end: "
            "aviary fork RUN --at epoch-2");
  for (const char* const key : {"data.path", "data.cache", "optimizer.lr"}) EXPECT_EQ(refusal(key, position), "") << key;
}

TEST(Continuation, KeepsTheMetricOfItsHistory) {
  EXPECT_EQ(
      refusal("training.metric", after_two_epochs()),
      "training.metric cannot change from 8 to 16 within a training: the scores of 2 epochs are its history; start another "
      "one from its weights: aviary train RECIPE --weights RUN");
  EXPECT_EQ(refusal("training.metric", {}), "");
}

TEST(Continuation, WatchesAnotherMetricFromNowOn) {
  Position position = after_two_epochs();
  accept_changes({{"early_stopping.metric", "", "\"train.loss\"", {}, {}}}, position);
  EXPECT_TRUE(position.watched.empty());
  EXPECT_EQ(position.history.size(), 2U);
}

}  // namespace
