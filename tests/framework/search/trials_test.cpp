#include "search/trials.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::search::Halving;
using aviary::search::Trial;
using aviary::search::Trials;
using testing::ElementsAre;
using testing::HasSubstr;

struct TrialsTest : testing::Test {
  static std::vector<Trial> independent(std::int64_t count, const std::optional<std::int64_t>& end = {}) {
    std::vector<Trial> trials;
    for (std::int64_t id = 1; id <= count; ++id) trials.push_back({.id = id, .point = id - 1, .end = end});
    return trials;
  }

  std::vector<std::string> states(Trials& trials) const {
    std::vector<std::string> all;
    for (const Trial& trial : trials.all()) all.push_back(trial.state);
    return all;
  }

  static aviary::recipe::Entry value(const std::string& key, const std::string& text) {
    return {key, {"s.toml", 3, 1}, {{"s.toml", 3, 8}, text}};
  }

  aviary::test::ScratchFolder folder;
  std::vector<aviary::recipe::Entry> written = {value("space.lr", "[0.1, 0.2]")};
};

TEST_F(TrialsTest, EachIsClaimedOnce) {
  Trials one(folder.path(), written, independent(3), {});
  Trials other(folder.path(), written, independent(3), {});  // as another process would
  EXPECT_EQ(one.claim()->id, 1);
  EXPECT_EQ(other.claim()->id, 2);
  EXPECT_EQ(one.claim()->id, 3);
  EXPECT_FALSE(other.claim());
  EXPECT_TRUE(other.others_run());
}

TEST_F(TrialsTest, OneOfThemIsClaimedWhereItWaits) {
  Trials trials(folder.path(), written, independent(3), {});
  EXPECT_EQ(trials.claim(2)->id, 2);
  EXPECT_FALSE(trials.claim(2));
  EXPECT_FALSE(trials.claim(4));
  EXPECT_EQ(trials.claim()->id, 1);
  EXPECT_EQ(trials.claim()->id, 3);
}

TEST_F(TrialsTest, WhatIsTrainedElsewhereIsNotClaimed) {
  Trials trials(folder.path(), written, {{.id = 1, .state = "elsewhere", .note = "worker 1 of 2"}, {.id = 2}}, {});
  EXPECT_EQ(trials.claim()->id, 2);
  EXPECT_FALSE(trials.claim());
  EXPECT_EQ(trials.all()[0].note, "worker 1 of 2");
}

TEST_F(TrialsTest, ResultsLast) {
  {
    Trials trials(folder.path(), written, independent(3), {});
    trials.record(*trials.claim(), 0.75, true);
    trials.fail(*trials.claim(), "ended with exit code 1");
    EXPECT_THAT(states(trials), ElementsAre("done", "failed", "waiting"));
    EXPECT_EQ(trials.all()[1].note, "ended with exit code 1");
  }
  Trials again(folder.path(), written, independent(3), {});
  EXPECT_THAT(states(again), ElementsAre("done", "waiting", "waiting")) << "what failed is tried again";
  EXPECT_EQ(again.all()[0].score, 0.75);
}

TEST_F(TrialsTest, WhatAKilledProcessHadIsTakenUpAgain) {
  const pid_t child = fork();
  if (child == 0) {
    Trials trials(folder.path(), written, independent(2), {});
    trials.claim();
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  Trials trials(folder.path(), written, independent(2), {});
  EXPECT_THAT(states(trials), ElementsAre("running", "waiting"));
  EXPECT_EQ(trials.claim()->id, 1);
  EXPECT_EQ(trials.claim()->id, 2);
}

TEST_F(TrialsTest, WaitForTheirBeginning) {
  std::vector<Trial> all = {{.id = 1, .beginning = true, .end = 10}, {.id = 2, .after = 1}, {.id = 3, .after = 1}};
  Trials trials(folder.path(), written, all, {});
  const Trial beginning = *trials.claim();
  EXPECT_FALSE(trials.claim());
  trials.record(beginning, 0.5, false);
  EXPECT_EQ(trials.claim()->id, 2);
}

TEST_F(TrialsTest, GoOnAloneWhereTheirBeginningFailed) {
  Trials trials(folder.path(), written, {{.id = 1, .beginning = true, .end = 10}, {.id = 2, .after = 1}}, {});
  trials.fail(*trials.claim(), "");
  const Trial trial = *trials.claim();
  EXPECT_EQ(trial.id, 2);
  EXPECT_FALSE(trial.after);
}

TEST_F(TrialsTest, HalvingLetsTheBestThirdGoOn) {
  Trials trials(folder.path(), written, independent(6, 1), Halving{.reduction = 3, .pauses = {1, 3}});
  for (const double score : {0.2, 0.6}) trials.record(*trials.claim(), score, false);
  const Trial third = *trials.claim();
  EXPECT_EQ(third.id, 3) << "two are too few to compare";
  trials.record(third, 0.1, false);
  const Trial best = *trials.claim();
  EXPECT_EQ(best.id, 2);
  EXPECT_EQ(best.end, 3);
  trials.record(best, 0.7, false);
  for (const double score : {0.3, 0.8}) trials.record(*trials.claim(), score, false);
  const Trial next = *trials.claim();
  EXPECT_EQ(next.id, 5) << "the best of five";
  trials.record(next, 0.9, false);
  const Trial sixth = *trials.claim();
  EXPECT_EQ(sixth.id, 6);
  trials.record(sixth, 0.4, false);
  const Trial last = *trials.claim();
  EXPECT_EQ(last.id, 5) << "two of the second pause are too few, but one is trained to its end";
  EXPECT_FALSE(last.end);
  trials.record(last, 0.95, true);
  EXPECT_FALSE(trials.claim());
  EXPECT_FALSE(trials.others_run());
  EXPECT_EQ(trials.all()[4].score, 0.95);
}

TEST_F(TrialsTest, HalvingEndsWithWholeTrainings) {
  Trials trials(folder.path(), written, independent(2, 1), Halving{.reduction = 2, .pauses = {1}, .smaller_is_better = true});
  trials.record(*trials.claim(), 0.2, false);
  trials.record(*trials.claim(), 0.6, false);
  const Trial best = *trials.claim();
  EXPECT_EQ(best.id, 1) << "of losses the smallest";
  EXPECT_FALSE(best.end);
  trials.record(best, 0.1, true);
  EXPECT_THAT(states(trials), ElementsAre("done", "paused"));
}

TEST_F(TrialsTest, AnotherSweepsFileIsRefusedAtWhatChanged) {
  { Trials(folder.path(), written, independent(1), {}); }
  const auto refusal = [&](std::vector<aviary::recipe::Entry> changed) {
    return aviary::test::message_of<aviary::recipe::RecipeError>([&] { Trials(folder.path(), changed, independent(1), {}); });
  };
  EXPECT_THAT(refusal({value("space.lr", "[0.1, 0.3]")}),
              HasSubstr("s.toml:3:8: space.lr is [0.1, 0.3], and was [0.1, 0.2]; the trials"));
  EXPECT_THAT(refusal({value("space.lr", "[0.1, 0.2]"), value("space.width", "[1]")}),
              HasSubstr("space.width is [1], and was not there"));
  EXPECT_THAT(refusal({value("space.width", "[1]")}), HasSubstr("s.toml:1:1: space.lr was [0.1, 0.2], and is gone"));
}

TEST_F(TrialsTest, AFileThatIsNoDatabaseIsRefused) {
  aviary::test::put_bytes(folder / "sweep.db", std::string(4096, 'x'));
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] { Trials(folder.path(), written, independent(1), {}); }),
              HasSubstr("sweep.db: file is not a database"));
}

}  // namespace
