#include "training/early_stopping.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace {

bool ends(const std::vector<double>& values, const std::string& metric, std::int64_t patience, double min_delta = 0) {
  return aviary::training::out_of_patience({.metric = {}, .patience = patience, .min_delta = min_delta}, metric, values);
}

TEST(EarlyStopping, WaitsForItsPatience) {
  EXPECT_FALSE(ends({}, "validation.top1", 1));
  EXPECT_FALSE(ends({0.5, 0.4}, "validation.top1", 2));
  EXPECT_TRUE(ends({0.5, 0.4, 0.5}, "validation.top1", 2));
  EXPECT_FALSE(ends({0.5, 0.4, 0.51}, "validation.top1", 2));
}

TEST(EarlyStopping, OfALossLessIsBetter) {
  EXPECT_FALSE(ends({2, 1}, "validation.loss", 1));
  EXPECT_TRUE(ends({1, 2}, "validation.loss", 1));
}

TEST(EarlyStopping, SmallerGainsAreNoImprovement) {
  EXPECT_TRUE(ends({0.5, 0.505, 0.509}, "validation.top1", 2, 0.01));
  EXPECT_FALSE(ends({0.5, 0.505, 0.511}, "validation.top1", 2, 0.01));  // small gains add up
}

}  // namespace
