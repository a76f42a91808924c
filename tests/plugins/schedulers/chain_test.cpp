#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Kind;
using aviary::Misfit;
using aviary::Progress;
using aviary::Scheduler;
using aviary::test::component_recipe;
using Epochs = std::vector<std::int64_t>;

std::unique_ptr<Scheduler> chain(const Epochs& epochs, const std::vector<aviary::recipe::ComponentRecipe>& schedules) {
  auto recipe = component_recipe(Kind::scheduler, "chain", {{"epochs", epochs}});
  recipe.components["schedules"] = schedules;
  return aviary::recipe::make<Scheduler>(recipe, {30});
}

double rate(const Scheduler& schedule, std::int64_t epoch, std::vector<double> history = {}) {
  return schedule.learning_rate(1, Progress{.epoch = epoch, .epochs = 30, .history = history});
}

const auto unchanging = component_recipe(Kind::scheduler, "constant");
const auto falling = component_recipe(Kind::scheduler, "polynomial");
const auto milestones = component_recipe(Kind::scheduler, "milestones", {{"milestones", Epochs{6, 12}}});

TEST(ChainScheduler, EverySchedulesEpochsBeginAtZeroAndTheLastTakesTheRest) {
  const auto schedule = chain({10, 5}, {falling, unchanging, falling});
  for (std::int64_t epoch = 0; epoch < 10; ++epoch) EXPECT_DOUBLE_EQ(rate(*schedule, epoch), 1 - epoch / 10.0) << epoch;
  for (std::int64_t epoch = 10; epoch < 15; ++epoch) EXPECT_EQ(rate(*schedule, epoch), 1) << epoch;
  for (std::int64_t epoch = 15; epoch < 30; ++epoch) EXPECT_DOUBLE_EQ(rate(*schedule, epoch), 1 - (epoch - 15) / 15.0) << epoch;
}

TEST(ChainScheduler, AScheduleKnowsTheMetricOfItsOwnEpochsOnly) {
  const auto plateau = component_recipe(Kind::scheduler, "plateau", {{"patience", std::int64_t{1}}, {"factor", 0.5}});
  const auto schedule = chain({10}, {unchanging, plateau});
  std::vector<double> history(10, 0.9);
  history.insert(history.end(), {0.1, 0.2, 0.3});
  EXPECT_EQ(rate(*schedule, 13, history), 1) << "0.9 is what the constant schedule reached";
  history.insert(history.end(), {0.3, 0.3});
  EXPECT_EQ(rate(*schedule, 15, history), 0.5);
}

std::string text(const std::vector<Misfit>& misfits) {
  std::string lines;
  for (const Misfit& misfit : misfits) {
    lines += misfit.key + ' ' + misfit.message;
    for (const auto& [key, value] : misfit.cut) lines += "; " + key + " = " + aviary::to_toml(value);
    lines += '\n';
  }
  return lines;
}

TEST(ChainScheduler, SaysWhatOfItsPartsLiesPastTheEndAndWhereToCut) {
  EXPECT_EQ(text(chain({10, 20}, {milestones, milestones})->misfits({30})),
            "schedules[0].milestones has epoch 12, which is past the end of 10 epochs; they count from 0; "
            "schedules[0].milestones = [6]\n");
  EXPECT_EQ(text(chain({10, 25}, {unchanging, unchanging})->misfits({30})),
            "epochs adds up to 35; the training has 30 epochs; epochs = [10, 20]\n");
  EXPECT_EQ(text(chain({20, 20, 5}, {unchanging, unchanging, milestones})->misfits({30})),
            "epochs adds up to 45; the training has 30 epochs; epochs = [20, 10, 0]\n");
  EXPECT_EQ(text(chain({10, 10}, {unchanging, unchanging})->misfits({30})),
            "epochs adds up to 20; the training has 30 epochs\n");
  EXPECT_EQ(text(chain({}, {unchanging, unchanging, unchanging})->misfits({30})),
            "epochs has 0 numbers for 3 schedules; expected one for each, or for all but the last\n");
}

}  // namespace
