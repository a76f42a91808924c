#include "recipe/duration.hpp"

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::recipe::duration;

TEST(Duration, IsHoursMinutesAndSeconds) {
  EXPECT_EQ(duration("8h30m"), std::chrono::seconds(30600));
  EXPECT_EQ(duration("90 min"), std::chrono::seconds(5400));
  EXPECT_EQ(duration(" 1 h 5 m 10 s "), std::chrono::seconds(3910));
  EXPECT_EQ(duration("45s"), std::chrono::seconds(45));
  EXPECT_EQ(duration("999999h"), std::chrono::hours(999999));
}

TEST(Duration, IsNothingElse) {
  for (const char* const text : {"", " ", "8", "8.5h", "-1h", "0s", "0h0m", "30m8h", "8 hours", "1h1h", "1000000h", "h", "8h;"})
    EXPECT_FALSE(duration(text)) << text;
}

TEST(SessionLimit, IsADurationOrAnEpoch) {
  EXPECT_EQ(aviary::recipe::session_limit("90 min")->time, std::chrono::seconds(5400));
  EXPECT_EQ(aviary::recipe::session_limit("90 min")->epoch, std::nullopt);
  EXPECT_EQ(aviary::recipe::session_limit("epoch 10")->epoch, 10);
  for (const char* const text : {"", "10", "epoch", "epoch -1", "10 epochs", "epoch 1000000000"})
    EXPECT_FALSE(aviary::recipe::session_limit(text)) << text;
}

TEST(Duration, IsComplainedOfWhereTheRecipeSaysIt) {
  const aviary::test::Recipes recipes;
  EXPECT_EQ(recipes.complaints(aviary::test::least + "[training]\nstop_after = \"8 hours\"\n"),
            "r.toml:9:14: training.stop_after is no limit of a session; expected one such as \"8h30m\" or \"90 min\", or "
            "\"epoch 10\"");
  EXPECT_EQ(recipes.complaints(aviary::test::least + "[training]\nstop_after = 8\n"),
            "r.toml:9:14: training.stop_after is a whole number; expected a text");
  EXPECT_EQ(recipes.complaints(aviary::test::least, {"training.stop_after=20m"}), "fine");
}

}  // namespace
