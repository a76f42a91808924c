#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Progress;
using aviary::Scheduler;
using aviary::test::made;

double rate(const Scheduler& step, double base, std::int64_t epoch, std::int64_t epochs) {
  return step.learning_rate(base, Progress{.epoch = epoch, .epochs = epochs, .history = {}});
}

TEST(StepScheduler, GivesTheDecksRatesOfFiftyEpochs) {
  // The reference rates of the deck's StepLR: base 0.1, factor 0.2 at 3/10, 5/10, 7/10 and 9/10 of 50 epochs.
  const std::vector<double> rates = {0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.1,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.020000000000000004,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.004000000000000001,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.0008000000000000003,
                                     0.00016000000000000004,
                                     0.00016000000000000004,
                                     0.00016000000000000004,
                                     0.00016000000000000004,
                                     0.00016000000000000004};
  const auto step = made<Scheduler>("step", {}, {50});
  ASSERT_EQ(rates.size(), 50);
  for (std::int64_t epoch = 0; epoch < 50; ++epoch)
    EXPECT_NEAR(rate(*step, 0.1, epoch, 50), rates[static_cast<std::size_t>(epoch)], 1e-15) << epoch;
}

TEST(StepScheduler, DropsOnceAtEachFractionOfALengthThatTenDoesNotDivide) {
  const auto step = made<Scheduler>("step", {{"gamma", 0.5}}, {47});
  std::vector<std::int64_t> drops;
  for (std::int64_t epoch = 1; epoch < 47; ++epoch) {
    const double before = rate(*step, 1, epoch - 1, 47);
    const double now = rate(*step, 1, epoch, 47);
    if (now == before) continue;
    EXPECT_EQ(now, before / 2) << epoch;
    drops.push_back(epoch);
  }
  EXPECT_EQ(drops, (std::vector<std::int64_t>{15, 24, 33, 43}));
}

TEST(StepScheduler, WithoutMarksNeverDrops) {
  const auto step = made<Scheduler>("step", {{"at", std::vector<double>{}}}, {10});
  EXPECT_EQ(rate(*step, 0.3, 9, 10), 0.3);
}

}  // namespace
