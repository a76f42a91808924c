#include "recipe/complaint.hpp"

#include <gtest/gtest.h>

namespace {

using aviary::recipe::Place;
using aviary::recipe::RecipeError;
using aviary::recipe::suggestion;

TEST(Suggestion, NamesTheNearestWithinAThirdOfTheLetters) {
  EXPECT_EQ(suggestion("momentun", {"lr", "momentum"}), "; did you mean momentum?");
  EXPECT_EQ(suggestion("lrr", {"lr", "momentum"}), "; did you mean lr?");
  EXPECT_EQ(suggestion("wieght", {"height", "weight"}), "; did you mean weight?");  // a swap counts once
  EXPECT_EQ(suggestion("abcdef", {"abcdxy"}), "; did you mean abcdxy?");
}

TEST(Suggestion, ListsAllInOrderWhenNoneIsNear) {
  EXPECT_EQ(suggestion("zebra", {"momentum", "lr"}), "; known: lr, momentum");
  EXPECT_EQ(suggestion("abcdef", {"abcxyz"}), "; known: abcxyz");
}

TEST(Suggestion, IsEmptyWhereNothingIsKnown) { EXPECT_EQ(suggestion("x", {}), ""); }

TEST(Place, IsShownWithLineOptionOrAsDefault) {
  EXPECT_EQ(to_string(Place{"a.toml", 3, 14}), "a.toml:3:14");
  EXPECT_EQ(to_string(Place{"--set optimizer.lr", 0, 0}), "--set optimizer.lr");
  EXPECT_EQ(to_string(Place{}), "default");
}

TEST(RecipeError, SortsByPlaceAndSaysNothingTwice) {
  const RecipeError error({{{"a", 10, 1}, "late"}, {{"a", 9, 2}, "early"}, {{"a", 10, 1}, "late"}});
  EXPECT_STREQ(error.what(), "a:9:2: early\na:10:1: late");
  EXPECT_EQ(error.complaints().size(), 2);
  EXPECT_EQ(error.fault(), aviary::Fault::usage);
}

}  // namespace
