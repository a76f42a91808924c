#include "search/plan.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"

namespace {

using aviary::search::make_plan;
using aviary::search::Plan;
using aviary::training::Calibration;
using testing::HasSubstr;

// 36 training, 12 validation and 12 test pictures of 16 pixels, three epochs.
struct PlanTest : aviary::test::Tiny {
  Plan plan(const Calibration& calibration, const std::vector<std::string>& settings = {}, int workers = 1) const {
    const aviary::training::Experiment experiment(recipe(settings));
    return make_plan(experiment, calibration, 2, workers);
  }
};

TEST_F(PlanTest, AnEpochIsItsPicturesAndItsValidation) {
  const Plan made = plan({.decode = 0.4, .load = 0, .augment = 0.2, .train = 1, .score = 0.3});
  ASSERT_EQ(made.epochs.size(), 3);
  EXPECT_NEAR(made.epochs[1], 36 * (1 + 0.2 / 2) + 12 * 0.3, 1e-9) << "preparing takes its share of two cores";
  EXPECT_NEAR(made.epochs[0], 36 * (1 + 0.6 / 2) + 12 * (0.3 + 0.4 / 2), 1e-9) << "the first epoch decodes";
  EXPECT_NEAR(made.seconds, made.epochs[0] + 2 * made.epochs[1] + 12 * (0.3 + 0.4 / 2), 1e-9) << "and the test at the end";
  EXPECT_EQ(made.bound, "model");
}

TEST_F(PlanTest, WorkersThatAreSlowerThanTheModelSetThePace) {
  const Calibration slow = {.decode = 5, .load = 0.5, .augment = 3, .train = 1, .score = 0.3};
  EXPECT_NEAR(plan(slow).epochs[1], 36 * 3.5 + 12 * (0.3 + 0.5 / 2), 1e-9);
  EXPECT_EQ(plan(slow).bound, "augmentation");
  EXPECT_THAT(plan(slow).advice, HasSubstr("cheaper augmentations"));
  EXPECT_NEAR(plan(slow, {}, 2).epochs[1], 36 * (1 + 3.5 / 2) + 12 * (0.3 + 0.5 / 2), 1e-9) << "two workers keep up";
}

TEST_F(PlanTest, PicturesThatAreDecodedAgainAndAgainAskForACache) {
  const Plan made = plan({.decode = 4, .load = 4, .augment = 0.1, .train = 1, .score = 0.3}, {"data.cache=none"});
  EXPECT_EQ(made.bound, "decoding");
  EXPECT_THAT(made.advice, HasSubstr("data.cache"));
  EXPECT_NEAR(made.seconds, 3 * (36 * 4.1 + 12 * 4) + 12 * 4, 1e-9);
  EXPECT_NEAR(made.seconds_with_advice, (36 * 4.1 + 12 * 4) + 2 * (36 * 1.05 + 12 * 0.3) + 12 * 4, 1e-9);
}

TEST_F(PlanTest, EpochsAreThoseOfTheCurriculum) {
  const Plan made = plan({.decode = 0, .load = 0, .augment = 0.4, .train = 1, .score = 0},
                         {"curriculum=[{epochs=1,augment=false},{epochs=1},{epoch_fraction=0.5}]"});
  EXPECT_NEAR(made.epochs[0], 36, 1e-9);
  EXPECT_NEAR(made.epochs[1], 36 * 1.2, 1e-9);
  EXPECT_NEAR(made.epochs[2], 18 * 1.2, 1e-9);
}

TEST_F(PlanTest, CalibrationMeasuresEveryPart) {
  aviary::training::Experiment experiment(recipe());
  const Calibration calibration = aviary::training::calibrate(experiment);
  for (const double part : {calibration.decode, calibration.load, calibration.train, calibration.score}) EXPECT_GT(part, 0);
  EXPECT_GT(calibration.decode, calibration.load);
  EXPECT_GT(calibration.peak_bytes, 50'000'000);
  EXPECT_EQ(calibration.cache_bytes, std::int64_t{3} * 16 * 16 * (36 + 12));
}

}  // namespace
