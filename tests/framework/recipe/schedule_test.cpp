#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"
#include "recipe/schedule.hpp"

namespace {

using aviary::recipe::Recipe;
using aviary::test::least;
using aviary::test::Recipes;
using testing::EndsWith;
using testing::IsEmpty;

std::string resolved(const Recipe& recipe) { return to_toml(recipe.resolved, false); }

struct ScheduleTest : testing::Test {
  Recipes recipes;
};

TEST_F(ScheduleTest, AShorterTrainingOfTheCommandLineCutsMilestonesTheirGammasAndSaysSo) {
  const std::string text = least + "[scheduler]\ntype = \"milestones\"\nmilestones = [3, 30, 40]\ngamma = [0.1, 0.2, 0.3]\n";
  const Recipe cut = recipes.read(text, {"training.epochs=35"});
  ASSERT_EQ(cut.warnings.size(), 1);
  EXPECT_THAT(
      to_string(cut.warnings[0]),
      EndsWith("r.toml:10:14: scheduler.milestones has epoch 40, which is past the end of 35 epochs; they count from 0; "
               "cut to scheduler.gamma = [0.1, 0.2], scheduler.milestones = [3, 30]"));
  EXPECT_THAT(recipes.read(resolved(cut)).warnings, IsEmpty()) << "what a run keeps can be trained again";
  EXPECT_EQ(std::get<std::vector<double>>(cut.scheduler.values.at("gamma")), (std::vector<double>{0.1, 0.2}));
  EXPECT_THAT(recipes.read(text, {"training.epochs=2"}).warnings, testing::SizeIs(1)) << "nothing is left";
  EXPECT_THAT(recipes.read(text, {"training.epochs=41"}).warnings, IsEmpty());
}

TEST_F(ScheduleTest, AShorterTrainingCutsAChainAndWhatIsInIt) {
  const std::string text = least +
                           "[scheduler]\ntype = \"chain\"\nepochs = [30, 15, 5]\n[[scheduler.schedules]]\ntype = \"constant\"\n"
                           "[[scheduler.schedules]]\ntype = \"milestones\"\nmilestones = [2, 12]\n"
                           "[[scheduler.schedules]]\ntype = \"exponential\"\n";
  const Recipe cut = recipes.read(text, {"training.epochs=40"});
  ASSERT_EQ(cut.warnings.size(), 2);
  EXPECT_THAT(to_string(cut.warnings[0]), EndsWith("cut to scheduler.epochs = [30, 10, 0]"));
  EXPECT_THAT(to_string(cut.warnings[1]), EndsWith("cut to scheduler.schedules[1].milestones = [2]"));
  EXPECT_THAT(recipes.read(resolved(cut)).warnings, IsEmpty());
  const auto schedule = aviary::recipe::make<aviary::Scheduler>(cut.scheduler, {40});
  EXPECT_DOUBLE_EQ(schedule->learning_rate(1, {.epoch = 39, .epochs = 40, .history = {}}), 0.1);
}

TEST_F(ScheduleTest, AChainThatIsTooShortForTheCommandLinesEpochsIsAnError) {
  EXPECT_EQ(recipes.complaints(least + "[scheduler]\ntype = \"chain\"\nepochs = [50]\n[[scheduler.schedules]]\ntype = "
                                       "\"constant\"\n",
                               {"training.epochs=60"}),
            "r.toml:10:10: scheduler.epochs adds up to 50; the training has 60 epochs");
}

TEST_F(ScheduleTest, PlateauFollowsTheMetricsDirection) {
  const std::string text = least + "[scheduler]\ntype = \"plateau\"\npatience = 0\n[training]\nmetric = ";
  const auto rate = [&](const std::string& metric, std::vector<double> history) {
    const Recipe recipe = recipes.read(text + '"' + metric + "\"\n");
    const auto schedule = aviary::recipe::make<aviary::Scheduler>(recipe.scheduler, scheduler_context(recipe.training));
    return schedule->learning_rate(1, {.epoch = 2, .epochs = 50, .history = history});
  };
  EXPECT_EQ(rate("validation.top1", {0.3, 0.4}), 1);
  EXPECT_EQ(rate("validation.loss", {0.3, 0.4}), 0.1);
  EXPECT_EQ(rate("validation.loss", {0.4, 0.3}), 1);
}

TEST_F(ScheduleTest, PlateauWithoutAComputedMetricIsRefusedAtItsPlace) {
  const Recipe recipe = recipes.read(least + "[scheduler]\ntype = \"warmup\"\nschedule = { type = \"plateau\" }\n");
  try {
    check_schedule(recipe, {50, std::nullopt});
    FAIL() << "not refused";
  } catch (const aviary::recipe::RecipeError& error) {
    EXPECT_THAT(error.what(),
                EndsWith("r.toml:10:21: scheduler.schedule.type is \"plateau\", which needs a training.metric that is "
                         "computed"));
  }
}

}  // namespace
