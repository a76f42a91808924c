#include "recipe/difference.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::recipe::Change;
using aviary::test::least;
using aviary::test::Recipes;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string flip = "[[augment]]\ntype = \"horizontal_flip\"\nprobability = 0.5\n";
const std::string crop = "[[augment]]\ntype = \"random_crop\"\n";

struct Difference : testing::Test {
  std::vector<std::string> between(const std::string& before, const std::string& after) const {
    std::vector<std::string> lines;
    const Recipes recipes;
    for (const Change& change :
         aviary::recipe::difference(recipes.read(least + before).resolved, recipes.read(least + after).resolved))
      lines.push_back(change.key + ": " + change.before + " -> " + change.after);
    return lines;
  }
};

TEST_F(Difference, IsEmptyBetweenEqualRecipes) { EXPECT_THAT(between(flip + crop, flip + crop), IsEmpty()); }

TEST_F(Difference, IsEmptyWhereADefaultIsWrittenOut) { EXPECT_THAT(between("", "momentum = 0.0\n"), IsEmpty()); }

TEST_F(Difference, NamesChangedAddedAndRemovedKeys) {
  EXPECT_THAT(between("momentum = 0.5\n[limits]\nepochs = 60\n", "momentum = 0.7\n[limits]\nparameters = 9\n"),
              ElementsAre("limits.epochs: 60 -> ", "limits.parameters:  -> 9", "optimizer.momentum: 0.5 -> 0.7"));
}

TEST_F(Difference, AugmentationsAreKnownByTypeSoOneInFrontRenamesNone) {
  EXPECT_THAT(between(flip, crop + flip), testing::Contains("augment: horizontal_flip -> random_crop, horizontal_flip"));
  EXPECT_THAT(between(flip, crop + flip), testing::Not(testing::Contains(testing::HasSubstr("augment.horizontal_flip"))));
}

TEST_F(Difference, SecondOfATypeHasANumber) {
  const std::string rare = "[[augment]]\ntype = \"horizontal_flip\"\nprobability = 0.1\n";
  const std::string never = "[[augment]]\ntype = \"horizontal_flip\"\nprobability = 0\n";
  EXPECT_THAT(between(flip + rare, flip + never), ElementsAre("augment.horizontal_flip#2.probability: 0.1 -> 0.0"));
}

TEST_F(Difference, OrderIsALineOfItsOwn) {
  EXPECT_THAT(between(flip + crop, crop + flip),
              ElementsAre("augment: horizontal_flip, random_crop -> random_crop, horizontal_flip"));
}

TEST_F(Difference, KeepsBothPlaces) {
  const Recipes recipes;
  const auto changes =
      aviary::recipe::difference(recipes.read(least).resolved, recipes.read(least + "momentum = 0.5\n").resolved);
  ASSERT_EQ(changes.size(), 1);
  EXPECT_TRUE(changes[0].before_place.is_default());
  EXPECT_EQ(changes[0].after_place.line, 8);
}

}  // namespace
