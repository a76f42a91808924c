#include "results/event_log.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/full_disk.hpp"
#include "framework/weights/scratch_folder.hpp"
#include "results/utc_time.hpp"

namespace {

using aviary::Error;
using aviary::results::EventLog;
using aviary::results::LogLengths;
using aviary::results::RunFolder;
using aviary::results::utc_time;
using aviary::test::bytes_of;
using aviary::test::FullDisk;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using namespace aviary::results;

const std::string header =
    "epoch,learning_rate,train_loss,train_top1,validation_loss,validation_top1,ema_loss,ema_top1,seconds,images_per_second\n";

std::chrono::system_clock::time_point fixed_time() {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'560'841'007));
}

EpochDone some_epoch(std::int64_t epoch) {
  EpochDone event;
  event.epoch = epoch;
  event.epochs = 50;
  event.learning_rate = 0.1;
  event.train = {0.1 + 0.2, 1.0 / 3, 60000};
  event.validation = {{0.5, 0.75, 10000}};
  event.best = true;
  event.seconds = 27.25;
  event.images_per_second = 2290;
  event.spent = {1, 8, 12.5, 4, 1.5};
  return event;
}

TEST(UtcTime, HasMillisecondsAlsoBefore1970) {
  EXPECT_EQ(utc_time(fixed_time()), "2026-11-24T22:54:01.007Z");
  EXPECT_EQ(utc_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(EventLog, WritesOneObjectALine) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EventLog log(run, {}, fixed_time);
  log.started({"tiny", 0, 50, 1234, 60000, 10000, 10, 2, 3});
  log.batch_done({});
  log.epoch_done(some_epoch(0));
  log.notice({"h\xe9ron.jpg is \"no\" picture"});
  log.ended({.reason = RunEnded::Reason::interrupted, .epoch = 1, .seconds = 99.5, .test = {}, .swa = {}});
  log.ended({.reason = RunEnded::Reason::finished, .epoch = 2, .seconds = 99.5, .test = Scores{0.25, 0.5, 7}, .swa = {}});
  const std::string time = R"("time":"2026-11-24T22:54:01.007Z")";
  EXPECT_EQ(
      bytes_of(run.events_file()),
      R"({"event":"started",)" + time +
          R"(,"recipe":"tiny","epoch":0,"epochs":50,"parameters":1234,"train_pictures":60000,)"
          R"("validation_pictures":10000,"classes":10,"threads":2,"workers":3})"
          "\n"
          R"({"event":"epoch",)" +
          time +
          R"(,"epoch":0,"epochs":50,"learning_rate":0.1,)"
          R"("train":{"loss":0.30000000000000004,"top1":0.3333333333333333,"pictures":60000},)"
          R"("validation":{"loss":0.5,"top1":0.75,"pictures":10000},"best":true,"seconds":27.25,"images_per_second":2290.0,)"
          R"("data_seconds":1.0,"forward_seconds":8.0,"backward_seconds":12.5,"optimizer_seconds":4.0,"validation_seconds":1.5})"
          "\n"
          R"({"event":"notice",)" +
          time + ",\"text\":\"h\xef\xbf\xbdron.jpg is \\\"no\\\" picture\"}\n" + R"({"event":"ended",)" + time +
          R"(,"reason":"interrupted","epoch":1,"seconds":99.5})"
          "\n"
          R"({"event":"ended",)" +
          time + R"(,"reason":"finished","epoch":2,"seconds":99.5,"test":{"loss":0.25,"top1":0.5,"pictures":7}})" + "\n");
}

TEST(EventLog, LeavesOutWhatWasNotValidated) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EventLog log(run);
  EpochDone epoch = some_epoch(3);
  epoch.validation.reset();
  log.epoch_done(epoch);
  EXPECT_EQ(bytes_of(run.metrics_file()), header + "3,0.1,0.30000000000000004,0.3333333333333333,,,,,27.25,2290\n");
  EXPECT_EQ(bytes_of(run.events_file()).find("validation"), std::string::npos);
}

TEST(EventLog, MetricsRoundTrip) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EventLog log(run);
  EpochDone epoch = some_epoch(0);
  epoch.train.loss = std::numeric_limits<double>::denorm_min();
  epoch.train.top1 = std::nextafter(1.0, 0.0);
  epoch.learning_rate = std::numeric_limits<double>::quiet_NaN();
  log.epoch_done(epoch);
  EXPECT_EQ(bytes_of(run.metrics_file()), header + "0,nan,5e-324,0.9999999999999999,0.5,0.75,,,27.25,2290\n");
}

TEST(EventLog, GoesOnFromTheRecordedLengths) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  LogLengths recorded;
  {
    EventLog log(run, {}, fixed_time);
    log.epoch_done(some_epoch(0));
    recorded = log.lengths();
    log.notice({"lost"});
    log.epoch_done(some_epoch(1));
  }
  const std::string events = bytes_of(run.events_file()).substr(0, recorded.events);
  const std::string metrics = bytes_of(run.metrics_file()).substr(0, recorded.metrics);
  EventLog log(run, recorded, fixed_time);
  EXPECT_EQ(bytes_of(run.events_file()), events);
  EXPECT_EQ(bytes_of(run.metrics_file()), metrics);
  EXPECT_TRUE(metrics.starts_with(header + "0,0.1,"));
  log.notice({"new"});
  log.epoch_done(some_epoch(1));
  EXPECT_TRUE(
      bytes_of(run.events_file()).starts_with(events + R"({"event":"notice","time":"2026-11-24T22:54:01.007Z","text":"new"})"));
  EXPECT_TRUE(bytes_of(run.metrics_file()).starts_with(metrics + "1,"));
  EXPECT_EQ(log.lengths().events, bytes_of(run.events_file()).size());
  EXPECT_EQ(log.lengths().metrics, bytes_of(run.metrics_file()).size());
}

TEST(EventLog, ARunThatGoesOnHasOneStart) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  const auto lengths = [&] {
    EventLog log(run);
    log.started({});
    return log.lengths();
  }();
  EventLog log(run, lengths);
  log.started({});
  EXPECT_EQ(log.lengths().events, lengths.events);
}

// A clock that is set back moves nothing but the times.
TEST(EventLog, KeepsItsOrderWhateverTheClockSays) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  auto now = fixed_time();
  EventLog log(run, {}, [&now] { return now -= std::chrono::hours(1); });
  log.epoch_done(some_epoch(0));
  log.epoch_done(some_epoch(1));
  const std::string events = bytes_of(run.events_file());
  EXPECT_LT(events.find(R"("time":"2026-11-24T21:54:01.007Z","epoch":0)"),
            events.find(R"("time":"2026-11-24T20:54:01.007Z","epoch":1)"));
}

TEST(EventLog, StartsOverFromNothing) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  put_bytes(run.events_file(), "{\"event\":\"started\"}\n");
  put_bytes(run.metrics_file(), header + "0,1\n");
  const EventLog log(run);
  EXPECT_EQ(bytes_of(run.events_file()), "");
  EXPECT_EQ(bytes_of(run.metrics_file()), header);
}

TEST(EventLog, RefusesAFileThatBecameShorter) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  put_bytes(run.events_file(), "0123456789");
  EXPECT_EQ(message_of<Error>([&] {
              EventLog(run, {11, 0});
            }),
            run.events_file().string() +
                " has 10 bytes, but had 11 when the checkpoint was written; restore it, or start from the checkpoint with "
                "aviary fork");
  EXPECT_EQ(bytes_of(run.events_file()), "0123456789");
}

TEST(EventLog, TakesBackHalfALineWhenTheDiskIsFull) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EventLog log(run);
  log.notice({"fits"});
  const std::string before = bytes_of(run.events_file());
  std::string message;
  {
    const FullDisk disk(before.size() + 20);
    message = message_of<Error>([&] { log.notice({"does not fit any more"}); });
  }
  EXPECT_EQ(message, "cannot write " + run.events_file().string() +
                         ": No space left on device; once that is mended, the run goes on from its last checkpoint with: "
                         "aviary resume " +
                         run.path().string());
  EXPECT_EQ(bytes_of(run.events_file()), before);
  EXPECT_EQ(log.lengths().events, before.size());
}

}  // namespace
