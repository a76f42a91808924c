#include "training/rate_range.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"

namespace {

using aviary::training::RateRange;
using aviary::training::steepest;

// A loss of 2 that falls by `fall` in the steps around the 60th of 100, and rises again after the 90th.
std::vector<double> valley(double fall) {
  std::vector<double> losses;
  for (int i = 0; i < 100; ++i) losses.push_back(2 - fall / (1 + std::exp((60 - i) / 3.0)) + (i > 90 ? i - 90 : 0));
  return losses;
}

std::vector<double> rates() {
  std::vector<double> rates;
  for (int i = 0; i < 100; ++i) rates.push_back(i);
  return rates;
}

TEST(Steepest, IsWhereTheLossFallsFastest) {
  EXPECT_EQ(steepest(rates(), valley(1), 100), 60);
  EXPECT_EQ(steepest(rates(), valley(0.2), 100), 60);
}

TEST(Steepest, IsNothingWhereTheLossHardlyFalls) {
  EXPECT_EQ(steepest(rates(), valley(0.05), 100), std::nullopt);
  EXPECT_EQ(steepest(rates(), valley(-1), 100), std::nullopt);
  EXPECT_EQ(steepest({}, {}, 100), std::nullopt);
}

struct RateRangeTest : aviary::test::Tiny {
  RateRange find(double lowest, double highest, std::int64_t steps, const std::vector<std::string>& settings = {}) const {
    aviary::training::Experiment experiment(recipe(settings));
    aviary::test::StopAfter listener(-1);
    return find_rates(experiment, {.lowest = lowest, .highest = highest, .steps = steps}, listener);
  }
};

TEST_F(RateRangeTest, RaisesTheRateGeometricallyOverAsManyEpochsAsItTakes) {
  const RateRange range = find(1e-6, 1, 13);
  ASSERT_EQ(range.rates.size(), 13);  // five batches an epoch
  EXPECT_FALSE(range.diverged);
  for (std::size_t i = 0; i < 13; ++i) EXPECT_NEAR(range.rates[i], std::pow(10, -6 + 0.5 * double(i)), 1e-9) << i;
}

TEST_F(RateRangeTest, StepsByTheRisingRateAndNotByTheRecipes) {
  const RateRange still = find(1e-12, 1e-11, 20, {"optimizer.lr=0.5", "model.dropout=0"});
  EXPECT_EQ(still.suggestion, std::nullopt);
  EXPECT_NEAR(still.losses.back(), still.losses.front(), 0.2);
  const RateRange moving = find(1e-4, 1, 40, {"optimizer.lr=0", "model.dropout=0"});
  EXPECT_LT(*std::ranges::min_element(moving.smoothed), 0.7 * moving.losses.front());
  ASSERT_TRUE(moving.suggestion);
  EXPECT_GT(*moving.suggestion, 1e-3);
}

TEST_F(RateRangeTest, EndsWhereTheTrainingDiverges) {
  const RateRange range = find(1, 1e6, 60, {"optimizer.weight_decay=0.1"});
  EXPECT_TRUE(range.diverged);
  EXPECT_LT(range.rates.size(), 60);
}

TEST_F(RateRangeTest, AddsUpTheBatchesOfAStep) {
  const RateRange range = find(1e-6, 1e-5, 6, {"gradient.accumulate=3"});
  EXPECT_EQ(range.losses.size(), 6);
}

}  // namespace
