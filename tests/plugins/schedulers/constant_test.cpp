#include <cstdint>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

#include "plugins/made.hpp"

TEST(ConstantScheduler, NeverChangesTheRate) {
  const auto constant = aviary::test::made<aviary::Scheduler>("constant", {}, {7});
  for (std::int64_t epoch = 0; epoch < 7; ++epoch)
    EXPECT_EQ(constant->learning_rate(0.3, aviary::Progress{.epoch = epoch, .epochs = 7, .history = {}}), 0.3);
}
