#include <cstdint>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

namespace {

std::int64_t first_past(double fraction, std::int64_t epochs) {
  for (std::int64_t epoch = 0; epoch <= epochs; ++epoch)
    if (aviary::Progress{.epoch = epoch, .epochs = epochs, .history = {}}.past(fraction)) return epoch;
  return -1;
}

TEST(Progress, IsPastAFractionFromTheFirstEpochAtOrAfterIt) {
  EXPECT_EQ(first_past(0.55, 100), 55);  // 0.55 * 100 is a little more than 55 in floating point
  EXPECT_EQ(first_past(3.0 / 10, 47), 15);
  EXPECT_EQ(first_past(0.5, 3), 2);
  EXPECT_EQ(first_past(0.5, 4), 2);
}

TEST(Progress, IsExactForEveryWholeProduct) {
  for (std::int64_t epochs = 1; epochs <= 300; ++epochs)
    for (std::int64_t part = 0; part <= epochs; ++part)
      ASSERT_EQ(first_past(static_cast<double>(part) / static_cast<double>(epochs), epochs), part) << epochs;
}

TEST(Progress, IsPastZeroFromTheStartAndPastOneOnlyAtTheEnd) {
  EXPECT_EQ(first_past(0, 10), 0);
  EXPECT_EQ(first_past(1, 10), 10);
}

}  // namespace
