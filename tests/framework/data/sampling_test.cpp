#include "data/sampling.hpp"

#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aviary::data {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<Sample> samples(const std::vector<int>& of_classes) {
  std::vector<Sample> all;
  for (std::size_t label = 0; label < of_classes.size(); ++label)
    for (int i = 0; i < of_classes[label]; ++i) all.push_back({"", static_cast<std::int64_t>(label), {}, {}});
  return all;
}

std::map<std::size_t, int> times_drawn(const std::vector<Sample>& all, const Sampling& sampling, std::int64_t epochs) {
  std::map<std::size_t, int> times;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch)
    for (const Drawn& drawn : draw_epoch(all, sampling, 1, epoch)) ++times[drawn.sample];
  return times;
}

TEST(Sampling, FractionsOfEpochsGoOnWhereTheLastOneEnded) {
  const auto all = samples({40});
  const Sampling quarter{.balanced = false, .epoch_fraction = 0.25};
  EXPECT_EQ(epoch_pictures(40, quarter), 10);
  EXPECT_THAT(draw_epoch(all, quarter, 1, 2), SizeIs(10));
  const auto times = times_drawn(all, quarter, 4);
  EXPECT_THAT(times, SizeIs(40));
  EXPECT_THAT(times, Each(::testing::Pair(::testing::_, 1)));
}

TEST(Sampling, FractionsThatDoNotDivideLeaveNothingOut) {
  const auto times = times_drawn(samples({10}), {.balanced = false, .epoch_fraction = 0.3}, 10);
  EXPECT_THAT(times, SizeIs(10));
  EXPECT_THAT(times, Each(::testing::Pair(::testing::_, 3)));
}

TEST(Sampling, AnEpochHasAPictureHoweverSmallTheFraction) {
  EXPECT_EQ(epoch_pictures(10, {.balanced = false, .epoch_fraction = 0.001}), 1);
  EXPECT_EQ(epoch_pictures(0, {}), 0);
}

TEST(Sampling, DrawsClassesEquallyOftenAndNamesRepeats) {
  const auto all = samples({30, 0, 6, 3});
  const auto epoch = draw_epoch(all, {.balanced = true}, 1, 0);
  ASSERT_THAT(epoch, SizeIs(39));
  std::map<std::int64_t, int> classes;
  std::map<std::size_t, std::uint64_t> times;
  for (const Drawn& drawn : epoch) {
    ++classes[all[drawn.sample].label];
    EXPECT_EQ(drawn.repeat, times[drawn.sample]++);
  }
  EXPECT_THAT(classes, ElementsAre(std::pair(0, 13), std::pair(2, 13), std::pair(3, 13)));
  for (std::size_t sample = 36; sample < 39; ++sample) EXPECT_GE(times[sample], 4U) << "each of the smallest class in turn";
}

TEST(Sampling, BalancedEpochsShowEveryPictureOfALargeClassInTurn) {
  const auto times = times_drawn(samples({30, 6}), {.balanced = true}, 5);  // 5 x 18 = 3 x 30
  for (std::size_t sample = 0; sample < 30; ++sample) EXPECT_EQ(times.at(sample), 3) << sample;
}

TEST(Sampling, BalancedEpochsDependOnSeedAndEpoch) {
  const auto all = samples({20, 5});
  const auto drawn = [&](std::uint64_t seed, std::int64_t epoch) {
    std::vector<std::size_t> order;
    for (const Drawn& each : draw_epoch(all, {.balanced = true}, seed, epoch)) order.push_back(each.sample);
    return order;
  };
  EXPECT_EQ(drawn(1, 3), drawn(1, 3));
  EXPECT_NE(drawn(1, 3), drawn(1, 4));
  EXPECT_NE(drawn(1, 3), drawn(2, 3));
}

// The order is part of what a seed means: it must be the same on every machine and in every version.
TEST(Sampling, DrawsThisOrder) {
  std::vector<std::size_t> order;
  for (const Drawn& each : draw_epoch(samples({8}), {}, 7, 1)) order.push_back(each.sample);
  EXPECT_THAT(order, ElementsAre(1, 3, 5, 6, 2, 0, 4, 7));
}

}  // namespace
}  // namespace aviary::data
