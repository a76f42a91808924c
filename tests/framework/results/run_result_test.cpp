#include "results/run_result.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "framework/weights/scratch_folder.hpp"
#include "results/event_log.hpp"

namespace {

using aviary::results::EpochDone;
using aviary::results::EventLog;
using aviary::results::read_result;
using aviary::results::RunEnded;
using aviary::results::RunFolder;
using aviary::results::RunResult;
using aviary::results::RunStarted;
using aviary::test::bytes_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;

EpochDone validated(std::int64_t number, double validation, bool best) {
  EpochDone event;
  event.epoch = number;
  event.train = {1, 0.9, 10};
  event.validation = {1, validation, 5};
  event.best = best;
  event.seconds = 2;
  return event;
}

TEST(RunResult, OfATrainingThatDiverges) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EventLog log(run);
  EpochDone diverged = validated(0, 0.5, true);
  diverged.validation->loss = std::nan("");
  log.epoch_done(diverged);
  EXPECT_TRUE(std::isnan(read_result(run).validation->loss));
  EXPECT_EQ(read_result(run).validation->top1, 0.5);
}

TEST(RunResult, IsWhatTheEventsTell) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EXPECT_EQ(read_result(run).epochs, 0) << "no events yet";
  EventLog log(run);
  RunStarted started;
  started.parameters = 77;
  log.started(started);
  log.epoch_done(validated(0, 0.5, true));
  log.epoch_done(validated(1, 0.7, true));
  log.epoch_done(validated(2, 0.6, false));
  log.ended({.reason = RunEnded::Reason::interrupted, .epoch = 3, .seconds = 1, .test = {}, .swa = {}});
  RunResult result = read_result(run);
  EXPECT_FALSE(result.finished);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_EQ(result.parameters, 77);
  EXPECT_EQ(result.seconds, 6);
  EXPECT_EQ(result.train->top1, 0.9);
  EXPECT_EQ(result.validation->top1, 0.7) << "of the best epoch";
  EXPECT_FALSE(result.test);

  log.ended({.reason = RunEnded::Reason::finished, .epoch = 3, .seconds = 1, .test = {{1, 0.8, 5}}, .swa = {}});
  result = read_result(run);
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.test->top1, 0.8);
  put_bytes(run.events_file(), bytes_of(run.events_file()) + R"({"event":"ended","rea)");
  EXPECT_FALSE(read_result(run).finished);
}

}  // namespace
