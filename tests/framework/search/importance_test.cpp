#include "search/importance.hpp"

#include <gtest/gtest.h>

namespace {

using aviary::search::importance;

TEST(Importance, IsTheShareOfTheVarianceThatAKeyExplains) {
  EXPECT_NEAR(importance({"a", "a", "b", "b"}, {0.1, 0.1, 0.9, 0.9}), 1, 1e-12);
  EXPECT_EQ(importance({"a", "b", "a", "b"}, {0.1, 0.1, 0.9, 0.9}), 0);
  // Hays: (SSB - (k - 1) MSW) / (SST + MSW), with SSB 0.16, SSW 0.04, MSW 0.02.
  EXPECT_NEAR(importance({"a", "a", "b", "b"}, {0.1, 0.3, 0.5, 0.7}), (0.16 - 0.02) / (0.20 + 0.02), 1e-12);
}

TEST(Importance, ManyNumbersMakeFourGroups) {
  EXPECT_NEAR(importance({"1", "2", "10", "20", "3", "4", "30", "40"}, {0, 0, 1, 1, 0, 0, 1, 1}), 1, 1e-12);
}

TEST(Importance, IsNothingWhereNothingCanBeTold) {
  EXPECT_EQ(importance({}, {}), 0);
  EXPECT_EQ(importance({"a", "b"}, {0, 1}), 0) << "as many groups as scores";
  EXPECT_EQ(importance({"a", "a", "a"}, {0, 1, 2}), 0) << "one group";
  EXPECT_EQ(importance({"a", "a", "b"}, {1, 1, 1}), 0) << "no variance";
}

}  // namespace
