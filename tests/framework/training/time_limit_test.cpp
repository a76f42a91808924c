#include "training/time_limit.hpp"

#include <gtest/gtest.h>

namespace {

using aviary::training::TimeLimit;
using std::chrono::seconds;

struct TimeLimitTest : testing::Test {
  TimeLimit::Clock::time_point now{seconds(1000)};
  TimeLimit limit{now + seconds(100), [this] { return now; }};
};

TEST_F(TimeLimitTest, AllowsWhatEndsAndIsSavedBefore) {
  limit.step_took(10, 5);
  limit.save_took(20);
  now += seconds(70);
  EXPECT_TRUE(limit.allows_step());
  EXPECT_FALSE(limit.reached());
  now += seconds(1);
  EXPECT_FALSE(limit.allows_step());
  EXPECT_TRUE(limit.reached());
}

TEST_F(TimeLimitTest, AllowsNothingMoreOnceItIsReached) {
  limit.step_took(10, 5);
  EXPECT_FALSE(limit.allows_scoring(51));
  EXPECT_FALSE(limit.allows_scoring(1));
}

TEST_F(TimeLimitTest, CountsPicturesAsInTrainingUntilTheyWereScored) {
  limit.step_took(10, 5);
  EXPECT_TRUE(limit.allows_scoring(50));
  limit.scoring_took(10, 20);
  EXPECT_TRUE(limit.allows_scoring(200));
  EXPECT_FALSE(limit.allows_scoring(201));
}

TEST_F(TimeLimitTest, ForgetsWhatWasSlowOnce) {
  limit.step_took(200, 1);
  for (int i = 0; i < 20; ++i) limit.step_took(1, 1);
  EXPECT_TRUE(limit.allows_step());
}

TEST_F(TimeLimitTest, BeginsWhatWasNeverMeasured) {
  now += seconds(99);
  EXPECT_TRUE(limit.allows_step());
  EXPECT_TRUE(limit.allows_scoring(1'000'000));
}

TEST(NoTimeLimit, AllowsEverything) {
  TimeLimit limit{std::nullopt};
  limit.step_took(1e9, 1);
  EXPECT_TRUE(limit.allows_step());
}

}  // namespace
