#include "search/fit.hpp"

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::Error;
using aviary::Value;
using aviary::search::Fit;
using aviary::search::FitOptions;
using aviary::test::message_of;
using Numbers = std::map<std::string, Value>;

// With tests/plugins_for_tests/budget.cpp, whose numbers of parameters are known.
struct FitTest : testing::Test {
  aviary::recipe::Recipe recipe(const std::string& settings) const {
    return aviary::recipe::read_recipe(
        recipes_
            .write("r.toml", "[data]\npath = \"nowhere\"\nimage_size = 8\n[model]\ntype = \"budget\"\n" + settings +
                                 "\n[optimizer]\ntype = \"sgd\"\nlr = 0.1\n")
            .string(),
        {}, catalogue_);
  }

  Fit fit(const std::string& settings, const FitOptions& options) const {
    return aviary::search::fit(recipe(settings), 10, options);
  }

  std::string refusal(const std::string& settings, const FitOptions& options) const {
    return message_of<Error>([&] { fit(settings, options); });
  }

  aviary::test::Recipes recipes_;
  mutable aviary::plugins::Catalogue catalogue_{
      {AVIARY_PREFIX "/lib/aviary/plugins", AVIARY_PREFIX "/tests/plugins/budget.so"}};
};

TEST_F(FitTest, FindsTheLargestNumberFromBelowAndFromAbove) {
  for (const char* const start : {"0", "0.01", "1", "1.1", "1.13", "2", "4"}) {
    const Fit found = fit("scale = " + std::string(start), {.vary = {"model.scale"}, .parameters = 30 + 1139, .step = {}});
    EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 1.13}})) << start;
    EXPECT_EQ(found.fits.parameters, 30 + 1130);
    EXPECT_EQ(found.fits.multiply_adds, 30);
    EXPECT_FALSE(found.fits.factor);
    ASSERT_TRUE(found.next) << start;
    EXPECT_EQ(found.next->values, (Numbers{{"model.scale", 1.14}})) << start;
    EXPECT_EQ(found.next->parameters, 30 + 1140);
  }
}

TEST_F(FitTest, GoesInStepsAsAsked) {
  const Fit found = fit("", {.vary = {"model.scale"}, .parameters = 30 + 1139, .step = 0.25});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 1.0}}));
  EXPECT_EQ(found.next->values, (Numbers{{"model.scale", 1.25}}));
  const Fit whole = fit("", {.vary = {"model.depth"}, .parameters = 30 + 9 * 970, .step = 2});
  EXPECT_EQ(whole.fits.values, (Numbers{{"model.depth", std::int64_t{8}}}));
  EXPECT_EQ(whole.next->values, (Numbers{{"model.depth", std::int64_t{10}}}));
}

TEST_F(FitTest, SeesThatALargerValueFitsAgain) {
  const Fit found = fit("", {.vary = {"model.scale"}, .parameters = 30 + 1175, .step = {}});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 1.2}}));  // 1,170 as 1.17 has; 1.18 and 1.19 are too many
  EXPECT_EQ(found.next->values, (Numbers{{"model.scale", 1.21}}));
}

TEST_F(FitTest, PassesOverWhatTheModelRefuses) {
  const Fit found = fit("", {.vary = {"model.scale"}, .parameters = 30 + 565, .step = {}});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 0.5}}));
  EXPECT_EQ(found.next->values, (Numbers{{"model.scale", 0.6}}));
}

TEST_F(FitTest, PassesOverWhatARuleForbids) {
  const auto recipe = recipes_.read(aviary::test::least, {"data.image_size=16"});
  const Fit found = aviary::search::fit(recipe, 400, {.vary = {"model.depth"}, .parameters = 5'000'000, .step = {}});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.depth", std::int64_t{22}}}));
  EXPECT_EQ(found.fits.parameters, 4'399'200);
  EXPECT_EQ(found.next->values, (Numbers{{"model.depth", std::int64_t{28}}}));
}

TEST_F(FitTest, StopsWhereTheRangeEnds) {
  const Fit found = fit("", {.vary = {"model.scale"}, .parameters = 1'000'000, .step = {}});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 4.0}}));
  EXPECT_FALSE(found.next);
}

TEST_F(FitTest, LetsSeveralSettingsAndListsGrowByOneFactor) {
  const Fit found = fit("widths = [100, 30]", {.vary = {"model.scale", "model.widths"}, .parameters = 30 + 1250, .step = {}});
  EXPECT_EQ(found.fits.values, (Numbers{{"model.scale", 1.1}, {"model.widths", std::vector<std::int64_t>{110, 33}}}));
  EXPECT_EQ(found.fits.factor, 1.1);
  EXPECT_EQ(found.fits.parameters, 30 + 1070 + 143);
  EXPECT_EQ(found.next->values, (Numbers{{"model.scale", 1.11}, {"model.widths", std::vector<std::int64_t>{111, 33}}}));
  const Fit list = fit("widths = [100, 30]", {.vary = {"model.widths"}, .parameters = 30 + 970 + 1300, .step = {}});
  EXPECT_EQ(list.fits.values, (Numbers{{"model.widths", std::vector<std::int64_t>{1000, 300}}}));
  EXPECT_EQ(list.fits.factor, 10.0);
}

TEST_F(FitTest, RefusesWhatCannotVary) {
  EXPECT_EQ(refusal("", {.vary = {"model.scael"}, .parameters = 1000, .step = {}}),
            "--vary model.scael: the recipe's budget has no such number; did you mean model.scale?");
  EXPECT_EQ(
      refusal("", {.vary = {"model.base"}, .parameters = 1000, .step = {}}),
      "--vary model.base: it has no value to begin with; expected a whole number, in the recipe or with --set model.base=...");
  EXPECT_EQ(refusal("", {.vary = {"model.depth"}, .parameters = 1000, .step = 0.5}),
            "--step 0.5: model.depth is a whole number; expected a whole step");
  EXPECT_EQ(refusal("", {.vary = {"model.dropout"}, .parameters = 5000, .step = {}}),
            "nothing to fit: the model has 1000 parameters with model.dropout = 0.0 and no more with model.dropout = 0.99");
}

TEST_F(FitTest, SaysByHowMuchTheSmallestModelExceedsTheLimit) {
  EXPECT_EQ(refusal("", {.vary = {"model.depth"}, .parameters = 900, .step = {}}),
            "nothing fits: with model.depth = 1 the model still has 1000 parameters, 100 more than 900");
  EXPECT_EQ(refusal("", {.vary = {"model.scale"}, .parameters = 29, .step = {}}),
            "nothing fits: with model.scale = 0.0 the model still has 30 parameters, 1 more than 29");
}

}  // namespace
