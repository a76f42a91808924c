// one_of, some_of, rand_augment and trivial_augment: what they choose, and how often.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "framework/recipe/recipes.hpp"
#include "plugins/augment/applied.hpp"

namespace {

using aviary::Image;
using aviary::Rng;
using aviary::test::least;
using aviary::test::Recipes;

const std::string flips =
    "augments = [{ type = \"horizontal_flip\", probability = 1 }, { type = \"vertical_flip\", probability = 1 }, "
    "{ type = \"to_gray\", probability = 1 }]\n";

// The names of what a recipe's augmentations draw for many pictures, and how often each list of them.
std::map<std::vector<std::string>, int> drawn(const std::string& augment, int pictures = 600) {
  const Recipes recipes;
  const aviary::recipe::Recipe recipe = recipes.read(least + augment, {"data.image_size=24"});
  const aviary::data::Pipeline pipeline = aviary::data::make_pipeline(recipe.augment, 24, {});
  std::map<std::vector<std::string>, int> found;
  for (int i = 0; i < pictures; ++i) {
    Rng rng(1, {static_cast<std::uint64_t>(i)});
    std::vector<std::string> names;
    pipeline.apply(aviary::test::picture(24, 24), rng, &names);
    ++found[names];
  }
  return found;
}

using Names = std::vector<std::string>;

TEST(OneOf, ChoosesAllAlike) {
  const auto found = drawn("[[augment]]\ntype = \"one_of\"\nprobability = 1\n" + flips);
  ASSERT_EQ(found.size(), 3);
  for (const auto& [names, count] : found) EXPECT_NEAR(count, 200, 50) << testing::PrintToString(names);
}

TEST(OneOf, ChoosesByWeightAndAsOftenAsAsked) {
  const auto found = drawn("[[augment]]\ntype = \"one_of\"\nweights = [3, 0, 1]\n" + flips);
  EXPECT_NEAR(found.at(Names{}), 300, 60);
  EXPECT_NEAR(found.at(Names{"horizontal_flip"}), 225, 50);
  EXPECT_NEAR(found.at(Names{"to_gray"}), 75, 40);
  EXPECT_EQ(found.size(), 3);
}

TEST(SomeOf, ChoosesDifferentOnesInTheirOrder) {
  const auto found = drawn("[[augment]]\ntype = \"some_of\"\nn = 2\n" + flips);
  EXPECT_EQ(found.size(), 3);
  for (const Names& pair :
       {Names{"horizontal_flip", "vertical_flip"}, Names{"horizontal_flip", "to_gray"}, Names{"vertical_flip", "to_gray"}})
    EXPECT_NEAR(found.at(pair), 200, 50) << testing::PrintToString(pair);
}

TEST(Groups, Nest) {
  const auto found = drawn(
      "[[augment]]\ntype = \"some_of\"\nn = 2\n"
      "[[augment.augments]]\ntype = \"to_gray\"\nprobability = 1\n"
      "[[augment.augments]]\ntype = \"one_of\"\nprobability = 1\n" +
      flips);
  EXPECT_EQ(found.size(), 3);
  EXPECT_GT(found.at(Names{"to_gray", "vertical_flip"}), 100);
}

TEST(Groups, RefuseToBeEmptyWhereTheRecipeNamesThem) {
  const Recipes recipes;
  EXPECT_THAT(recipes.complaints(least + "[[augment]]\ntype = \"one_of\"\naugments = []\n"),
              testing::MatchesRegex("r.toml:9:8: augmentation one_of .*: augments is empty; expected a table for each"));
  EXPECT_THAT(recipes.complaints(least + "[[augment]]\ntype = \"some_of\"\nn = 4\n" + flips),
              testing::HasSubstr("n is 4, but there are only 3 augmentations"));
  EXPECT_THAT(recipes.complaints(least + "[[augment]]\ntype = \"one_of\"\nweights = [1]\n" + flips),
              testing::HasSubstr("weights has 1 numbers for 3 augmentations; expected one for each"));
  EXPECT_THAT(
      recipes.complaints(least + "[[augment]]\ntype = \"one_of\"\naugments = [{ type = \"rotate\", limit = [9, 3] }]\n"),
      testing::HasSubstr("augment[0].augments[0].limit is [9.0, 3.0]; expected"));
}

TEST(RandAugment, AppliesAsManyOperationsAsAsked) {
  const auto found = drawn("[[augment]]\ntype = \"rand_augment\"\nnum_ops = 3\n");
  int all = 0;
  for (const auto& [names, count] : found) {
    EXPECT_LE(names.size(), 3);
    all += static_cast<int>(names.size()) * count;
  }
  EXPECT_NEAR(all, 600 * 3 * 13 / 14.0, 60);  // one of fourteen operations is to do nothing
}

TEST(RandAugment, IsStrongerWithItsMagnitude) {
  const Image picture = aviary::test::picture(24, 24);
  const auto difference = [&](std::int64_t magnitude) {
    const auto pipeline = aviary::test::pipeline_of("rand_augment", {{"magnitude", magnitude}}, 24);
    double sum = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
      Rng rng(1, {i});
      sum += cv::norm(pipeline.apply(picture.clone(), rng).image, picture, cv::NORM_L1);
    }
    return sum;
  };
  EXPECT_LT(1.3 * difference(5), difference(20));
}

TEST(TrivialAugment, DrawsOneOperationOfAnyStrength) {
  const auto found = drawn("[[augment]]\ntype = \"trivial_augment\"\n");
  EXPECT_EQ(found.size(), 2);
  EXPECT_NEAR(found.at(Names{}), 600 / 14.0, 30);
}

TEST(Limits, AreOneNumberOrTwo) {
  const Recipes recipes;
  const auto limits = [&](const std::string& augment, const std::string& key) {
    const auto recipe = recipes.read(least + "[[augment]]\ntype = " + augment + "\n");
    return std::get<std::vector<double>>(recipe.augment[0].values.at(key));
  };
  using testing::ElementsAre;
  EXPECT_THAT(limits("\"rotate\"\nlimit = 15", "limit"), ElementsAre(-15, 15));
  EXPECT_THAT(limits("\"rotate\"\nlimit = [-10, 15]", "limit"), ElementsAre(-10, 15));
  EXPECT_THAT(limits("\"color_jitter\"\nbrightness = 0.5", "brightness"), ElementsAre(0.5, 1.5));
  EXPECT_THAT(limits("\"gauss_noise\"\nvar_limit = 30", "var_limit"), ElementsAre(0, 30));
  EXPECT_THAT(limits("\"multiply\"\nmultiplier = 1.5", "multiplier"), ElementsAre(1.5, 1.5));
  EXPECT_THAT(
      recipes.complaints(least + "[[augment]]\ntype = \"rotate\"\nlimit = \"a\"\n"),
      testing::HasSubstr("augment[0].limit is a text; expected a number or [low, high], each -360 to 360 (15 to 30 is usual)"));
  EXPECT_THAT(recipes.complaints(least + "[[augment]]\ntype = \"rotate\"\nlimit = [1, 2, 3]\n"),
              testing::HasSubstr("augment[0].limit is"));
  EXPECT_THAT(recipes.complaints(least + "[[augment]]\ntype = \"rotate\"\nprobability = 1.5\n"),
              testing::HasSubstr("augment[0].probability is 1.5; expected 0 to 1"));
}

}  // namespace
