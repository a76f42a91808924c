#include "aviary/rng.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace {

using aviary::Rng;

TEST(Rng, SameKeyGivesTheSameNumbers) {
  Rng a(3, {1, 2});
  Rng b(3, {1, 2});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.bits(), b.bits());
}

TEST(Rng, EveryPartOfTheKeyMatters) {
  std::set<std::uint64_t> firsts = {Rng(0, {}).bits(),     Rng(1, {}).bits(),
                                    Rng(0, {0}).bits(),    Rng(0, {1}).bits(),
                                    Rng(0, {0, 0}).bits(), Rng(0, {0, 1}).bits(),
                                    Rng(0, {1, 0}).bits(), Rng(1, {0, 1}).bits(),
                                    Rng(0, {2}).bits(),    Rng(std::uint64_t{1} << 32, {}).bits()};
  EXPECT_EQ(firsts.size(), 10);
}

TEST(Rng, UniformLiesFromZeroToBelowOneAndFillsIt) {
  Rng rng(1, {});
  double sum = 0;
  double smallest = 1;
  double largest = 0;
  for (int i = 0; i < 20000; ++i) {
    const double number = rng.uniform();
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 1);
    sum += number;
    smallest = std::min(smallest, number);
    largest = std::max(largest, number);
  }
  EXPECT_NEAR(sum / 20000, 0.5, 0.01);
  EXPECT_LT(smallest, 0.001);
  EXPECT_GT(largest, 0.999);
}

TEST(Rng, IntegersIncludeBothBoundsWithoutBias) {
  Rng rng(2, {});
  std::array<int, 5> seen = {};
  for (int i = 0; i < 50000; ++i) {
    const std::int64_t number = rng.integer(-2, 2);
    ASSERT_TRUE(number >= -2 && number <= 2) << number;
    ++seen[static_cast<std::size_t>(number + 2)];
  }
  for (const int count : seen) EXPECT_NEAR(count, 10000, 400);  // over four standard deviations
  EXPECT_EQ(rng.integer(7, 7), 7);
}

TEST(Rng, IntegersOfTheWholeRangeDoNotOverflow) {
  Rng rng(3, {});
  using Limits = std::numeric_limits<std::int64_t>;
  bool negative = false;
  bool positive = false;
  for (int i = 0; i < 64; ++i) (rng.integer(Limits::min(), Limits::max()) < 0 ? negative : positive) = true;
  EXPECT_TRUE(negative && positive);
}

TEST(Rng, ChanceIsNeverAtZeroAndAlwaysAtOne) {
  Rng rng(4, {});
  int third = 0;
  for (int i = 0; i < 9000; ++i) {
    EXPECT_FALSE(rng.chance(0));
    EXPECT_TRUE(rng.chance(1));
    third += rng.chance(1.0 / 3) ? 1 : 0;
  }
  EXPECT_NEAR(third, 3000, 200);
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(5, {});
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 40000; ++i) {
    const double number = rng.normal();
    ASSERT_TRUE(std::isfinite(number));
    sum += number;
    squares += number * number;
  }
  EXPECT_NEAR(sum / 40000, 0, 0.025);
  EXPECT_NEAR(squares / 40000, 1, 0.04);
}

TEST(Rng, BetaHasItsMeanAndVariance) {
  for (const auto& [a, b] : {std::pair{0.2, 0.2}, std::pair{1.0, 1.0}, std::pair{2.0, 5.0}}) {
    Rng rng(6, {});
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 40000; ++i) {
      const double number = rng.beta(a, b);
      ASSERT_TRUE(number >= 0 && number <= 1);
      sum += number;
      squares += number * number;
    }
    const double mean = sum / 40000;
    EXPECT_NEAR(mean, a / (a + b), 0.01);
    EXPECT_NEAR(squares / 40000 - mean * mean, a * b / ((a + b) * (a + b) * (a + b + 1)), 0.005);
  }
}

}  // namespace
