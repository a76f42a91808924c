#include "results/progress_line.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/progress_text.hpp"

namespace {

using aviary::results::compose_epoch_line;
using aviary::results::compose_live_line;
using aviary::results::ProgressLine;
using aviary::results::Screen;
using aviary::results::screen_of;
using namespace aviary::results;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Remembers every write, and has the width and the time that a test gives it.
struct FakeScreen {
  std::vector<std::string> writes;
  std::size_t width = 100;
  std::chrono::steady_clock::time_point now{};

  Screen screen(bool live) {
    return {[this](std::string_view text) { writes.emplace_back(text); }, live, [this] { return width; },
            [this] { return now; }};
  }
};

BatchDone some_batch(std::int64_t batch = 116) { return {2, 50, batch, 469, 0.4312, 0.8421, 0.1, 2290.4, 92.4}; }

EpochDone some_epoch() { return {2, 50, 0.1, {0.4312, 0.8421, 60000}, Scores{0.4012, 0.861, 10000}, {}, true, 27.31, 2290.4}; }

const std::string permanent =
    "epoch 3/50  train 0.4312 84.21 %  validation 0.4012 86.10 %  lr 0.1  27.3 s  2290 img/s  * best\n";

TEST(LiveLine, ShowsAllWhereThereIsRoom) {
  EXPECT_EQ(compose_live_line(some_batch(), 200),
            "epoch 3/50  [=====>                  ] 117/469  loss 0.4312  top-1 84.21 %  2290 img/s  1:32 left");
}

TEST(LiveLine, ShortensTheBarThenLeavesOutParts) {
  EXPECT_EQ(compose_live_line(some_batch(), 79),
            "epoch 3/50  [=>    ] 117/469  loss 0.4312  top-1 84.21 %  2290 img/s  1:32 left");
  EXPECT_EQ(compose_live_line(some_batch(), 78),
            "epoch 3/50  [====>            ] 117/469  loss 0.4312  top-1 84.21 %  1:32 left");
  EXPECT_EQ(compose_live_line(some_batch(), 59), "epoch 3/50  117/469  loss 0.4312  top-1 84.21 %  1:32 left");
  EXPECT_EQ(compose_live_line(some_batch(), 39), "epoch 3/50  117/469  loss 0.4312");
  EXPECT_EQ(compose_live_line(some_batch(), 19), "epoch 3/50  117/469");
  EXPECT_EQ(compose_live_line(some_batch(), 0), "");
}

TEST(LiveLine, IsNeverWiderThanAsked) {
  const std::vector<BatchDone> batches = {
      some_batch(0),
      some_batch(468),
      {0, 1, 0, 1, 0, 0, 0, 0, 0},
      {999'999, 1'000'000, 123'456, 1'234'567, 1e9, 1, 1e-9, 1e12, 1e7},
      {0, 1, 5, 0, std::numeric_limits<double>::quiet_NaN(), 0, 0, std::numeric_limits<double>::infinity(), -1}};
  for (const BatchDone& batch : batches) {
    for (std::size_t columns = 0; columns < 200; ++columns) EXPECT_LE(compose_live_line(batch, columns).size(), columns);
  }
}

TEST(LiveLine, BarIsFullAtTheLastBatch) {
  EXPECT_THAT(compose_live_line(some_batch(468), 200), HasSubstr("[========================] 469/469"));
}

TEST(LiveLine, TimeLeftHasHoursOnlyWhenNeeded) {
  BatchDone batch = some_batch();
  batch.seconds_left = 59.6;
  EXPECT_TRUE(compose_live_line(batch, 200).ends_with("  1:00 left"));
  batch.seconds_left = 3 * 3600 + 5 * 60 + 7;
  EXPECT_TRUE(compose_live_line(batch, 200).ends_with("  3:05:07 left"));
  batch.seconds_left = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(compose_live_line(batch, 200).ends_with("img/s"));
}

TEST(EpochLine, LeavesOutWhatDoesNotFitButNeverTheScores) {
  EXPECT_EQ(compose_epoch_line(some_epoch(), 75),
            "epoch 3/50  train 0.4312 84.21 %  validation 0.4012 86.10 %  lr 0.1  27.3 s");
  EXPECT_EQ(compose_epoch_line(some_epoch(), 0), "epoch 3/50  train 0.4312 84.21 %  validation 0.4012 86.10 %");
}

TEST(EpochLine, TellsNothingOfAMissingValidation) {
  EpochDone epoch = some_epoch();
  epoch.validation.reset();
  EXPECT_EQ(compose_epoch_line(epoch, 200), "epoch 3/50  train 0.4312 84.21 %  lr 0.1  27.3 s  2290 img/s");
}

class ProgressWidth : public testing::TestWithParam<std::size_t> {};

TEST_P(ProgressWidth, IsNeverReached) {
  FakeScreen fake;
  fake.width = GetParam();
  ProgressLine line(fake.screen(true), {});
  for (int batch = 0; batch < 469; ++batch, fake.now += 100ms) line.batch_done(some_batch(batch));
  ASSERT_EQ(fake.writes.size(), 469U);
  for (const std::string& write : fake.writes) {
    ASSERT_TRUE(write.starts_with('\r') && write.ends_with("\x1b[K"));
    EXPECT_LE(write.size() - 1 - 3, GetParam() - 1);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ProgressWidth, testing::Values(80, 40, 20, 1));

TEST(ProgressLine, AsksForTheWidthAtEveryDraw) {
  FakeScreen fake;
  ProgressLine line(fake.screen(true), {});
  line.batch_done(some_batch());
  fake.width = 20;
  fake.now += 1s;
  line.batch_done(some_batch());
  EXPECT_EQ(fake.writes.back(), "\repoch 3/50  117/469\x1b[K");
}

TEST(ProgressLine, IsRedrawnTenTimesASecondAtMost) {
  FakeScreen fake;
  ProgressLine line(fake.screen(true), {});
  for (int millisecond = 0; millisecond < 1000; ++millisecond, fake.now += 1ms) line.batch_done(some_batch());
  EXPECT_EQ(fake.writes.size(), 10U);
}

TEST(ProgressLine, EpochsAndNoticesStandAboveTheLiveLine) {
  FakeScreen fake;
  ProgressLine line(fake.screen(true), {});
  const std::string live =
      "\repoch 3/50  [=====>                  ] 117/469  loss 0.4312  top-1 84.21 %  2290 img/s  1:32 left\x1b[K";
  line.batch_done(some_batch());
  line.notice({"a bad picture"});
  line.epoch_done(some_epoch());
  line.notice({"between epochs"});
  EXPECT_THAT(fake.writes, ElementsAre(live, "\r\x1b[Ka bad picture\n", live, "\r\x1b[K" + permanent, "between epochs\n"));
}

TEST(ProgressLine, FitsTheEpochIntoTheTerminal) {
  FakeScreen fake;
  fake.width = 80;
  ProgressLine line(fake.screen(true), {});
  line.epoch_done(some_epoch());
  EXPECT_THAT(fake.writes, ElementsAre("epoch 3/50  train 0.4312 84.21 %  validation 0.4012 86.10 %  lr 0.1  * best\n"));
}

TEST(ProgressLine, IsTakenAwayAtTheEndAndByAnException) {
  FakeScreen fake;
  {
    ProgressLine line(fake.screen(true), {});
    line.batch_done(some_batch());
    line.ended({});
    EXPECT_EQ(fake.writes.size(), 2U);
    EXPECT_EQ(fake.writes.back(), "\r\x1b[K");
    fake.now += 1s;
    line.batch_done(some_batch());
  }
  EXPECT_EQ(fake.writes.size(), 4U);
  EXPECT_EQ(fake.writes.back(), "\r\x1b[K");
}

TEST(ProgressLine, PipeGetsOneLineAnEpochAndNoEscapeCodes) {
  FakeScreen fake;
  fake.width = 40;
  {
    ProgressLine line(fake.screen(false), {});
    line.started({});
    line.batch_done(some_batch());
    line.notice({"\x1b[2Ja bad\r picture"});
    line.epoch_done(some_epoch());
    line.ended({});
  }
  EXPECT_THAT(fake.writes, ElementsAre("?[2Ja bad? picture\n", permanent));
}

TEST(ProgressLine, QuietLeavesNoticesOnly) {
  FakeScreen fake;
  {
    ProgressLine line(fake.screen(true), {.color = false, .quiet = true});
    line.batch_done(some_batch());
    line.notice({"a bad picture"});
    line.epoch_done(some_epoch());
    line.ended({});
  }
  EXPECT_THAT(fake.writes, ElementsAre("a bad picture\n"));
}

TEST(ProgressLine, ColorsNoticesAndTheBestEpochWhenAsked) {
  FakeScreen fake;
  ProgressLine line(fake.screen(false), {.color = true, .quiet = false});
  line.notice({"a bad picture"});
  line.epoch_done(some_epoch());
  EXPECT_EQ(fake.writes.front(), "\x1b[33ma bad picture\x1b[0m\n");
  EXPECT_TRUE(fake.writes.back().ends_with("2290 img/s  \x1b[32m* best\x1b[0m\n"));
}

TEST(ScreenOf, FileIsNotLiveAndGetsEveryWriteAtOnce) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  const Screen screen = screen_of(file.get());
  EXPECT_FALSE(screen.live);
  EXPECT_EQ(screen.width(), 80U);
  screen.write("text");
  char text[5] = {};
  EXPECT_EQ(::pread(::fileno(file.get()), text, 4, 0), 4);
  EXPECT_STREQ(text, "text");
}

TEST(ScreenOf, TerminalIsLiveAndTellsItsWidth) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  const char* term = std::getenv("TERM");
  const std::string before = term != nullptr ? term : "";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(::ptsname(master), "w"), std::fclose);
  ::setenv("TERM", "xterm", 1);
  const Screen screen = screen_of(file.get());
  EXPECT_TRUE(screen.live);
  winsize size{};
  size.ws_col = 43;
  ::ioctl(master, TIOCSWINSZ, &size);
  EXPECT_EQ(screen.width(), 43U);
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(screen_of(file.get()).live);
  term != nullptr ? ::setenv("TERM", before.c_str(), 1) : ::unsetenv("TERM");
  ::close(master);
}

}  // namespace
