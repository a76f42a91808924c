#include "recipe/lint.hpp"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::test::Recipes;
using testing::ElementsAre;
using testing::IsEmpty;

/// "7:1: message; remedy [rule]"
struct Lint : testing::Test {
  std::vector<std::string> of(const std::string& lines, std::optional<std::int64_t> validation_pictures = {},
                              const std::vector<std::string>& settings = {}) const {
    std::vector<std::string> warnings;
    const aviary::recipe::Recipe recipe = recipes.read(before + lines, settings);
    for (const auto& warning : aviary::recipe::lint(recipe, validation_pictures)) {
      const auto& [place, message] = warning.complaint;
      warnings.push_back(fmt::format("{}:{}: {}; {} [{}]", place.line, place.column, message, warning.remedy, warning.rule));
    }
    return warnings;
  }

  /// Lines 1 to 4.
  const std::string before = "[data]\npath = \"pictures\"\n[model]\ntype = \"efficientnet\"\n";
  const std::string sgd = "[optimizer]\ntype = \"sgd\"\nlr = 0.001\nweight_decay = 5e-4\n";
  Recipes recipes;
};

TEST_F(Lint, HasNothingAgainstAUsualRecipe) {
  EXPECT_THAT(of(sgd + "[scheduler]\ntype = \"cosine\"\n[[augment]]\ntype = \"horizontal_flip\"\n"), IsEmpty());
  EXPECT_THAT(of("[optimizer]\ntype = \"adam\"\nlr = 0.002\n[scheduler]\ntype = \"plateau\"\n"), IsEmpty());
}

TEST_F(Lint, AdamRate) {
  EXPECT_THAT(of("[optimizer]\ntype = \"adam\"\nlr = 0.2\n"),
              ElementsAre("7:6: adam moves every weight by about its learning rate a step, and that reaches 0.2, 200 times the "
                          "usual 0.001; 0.001 to 0.003 is usual [adam_rate]"));
  EXPECT_THAT(of("[optimizer]\ntype = \"sam\"\nbase = { type = \"nadam\", lr = 0.1, weight_decay = 0.1 }\n"),
              ElementsAre(testing::StartsWith("7:31: nadam moves every weight")));
}

TEST_F(Lint, WhatTheDecksCosineDoes) {
  const std::string cosine =
      "[scheduler]\ntype = \"cosine_warmup_restarts\"\nT_0 = 9\nT_mult = 2\neta_max = 0.01\nT_up = 2\ngamma = 0.4\n";
  EXPECT_THAT(of("[optimizer]\ntype = \"sgd\"\nlr = 0\n" + cosine),
              ElementsAre("9:8: the learning rate is 0 in epochs 1, 10 and 26: nothing is trained there; every cycle starts at "
                          "optimizer.lr: set that above 0 [zero_rate]",
                          "9:8: cycles end with epoch 9, 25 and 55, the training with epoch 50: within a cycle, where the "
                          "rate is still high; training.epochs = 25, or another T_0 [unfinished_cycle]"));
  EXPECT_THAT(of(sgd + cosine + "[training]\nepochs = 25\n"), IsEmpty());
  EXPECT_THAT(of("[optimizer]\ntype = \"sgd\"\nlr = 0.01\n" + cosine + "[training]\nepochs = 25\n"),
              ElementsAre("12:11: the peak of 0.01 is not above optimizer.lr, 0.01: the warm-up and the first cycle are flat; "
                          "lower optimizer.lr: it is what cycles start from [low_peak]"));
}

TEST_F(Lint, LittleSignal) {
  EXPECT_THAT(of("dropout = 0.8\ndrop_connect = 0.5\n" + sgd),
              ElementsAre("5:11: dropout 0.8 with drop_connect 0.5 lets 0.1 of the signal through the last block to the "
                          "classifier: too little to fit the training data; dropout and drop_connect of 0.2 are usual "
                          "[little_signal]"));
  EXPECT_THAT(of("dropout = 0.5\ndrop_connect = 0.2\n" + sgd), IsEmpty());
}

TEST_F(Lint, VerticalFlipWhereverItStands) {
  const std::string flipped = "{ type = \"vertical_flip\" }";
  EXPECT_THAT(of("[optimizer]\ntype = \"sgd\"\nlr = 1\n[[augment]]\ntype = \"vertical_flip\"\n[[augment]]\ntype = \"one_of\"\n"
                 "augments = [" +
                 flipped + "]\n[[curriculum]]\naugment = [" + flipped + "]\n"),
              ElementsAre(testing::StartsWith("9:8: vertical_flip turns pictures upside down"), testing::StartsWith("12:22: "),
                          testing::StartsWith("14:21: ")));
}

TEST_F(Lint, SmallBatchStatistics) {
  const std::string four = "[gradient]\naccumulate = 4\n";
  EXPECT_THAT(of(sgd + four), IsEmpty()) << "with 32 pictures";
  EXPECT_THAT(of(sgd + four, {}, {"data.batch_size=16"}),
              ElementsAre("10:14: batch norm sees 16 pictures at a time, however many batches make a step; a larger "
                          "data.batch_size, where it fits into memory [small_batch_statistics]"));
}

TEST_F(Lint, SamWithoutWeightDecay) {
  EXPECT_THAT(of("[optimizer]\ntype = \"sam\"\nbase = { type = \"sgd\", lr = 0.1 }\n"),
              ElementsAre("6:8: sam around sgd without weight decay; its results were published with it; "
                          "optimizer.base.weight_decay = 5e-4 is usual [sam_without_weight_decay]"));
}

TEST_F(Lint, IdlePlateau) {
  EXPECT_THAT(
      of(sgd + "[scheduler]\ntype = \"plateau\"\npatience = 50\n"),
      ElementsAre("11:12: a patience of 50 epochs never ends within 50 epochs: the rate stays as it is; a patience of a "
                  "tenth of the epochs [idle_plateau]"));
}

TEST_F(Lint, SmallValidation) {
  EXPECT_THAT(of(sgd, 1), ElementsAre("1:1: a class has a single picture in the validation part, which says nothing of it; a "
                                      "larger data.validation_fraction [small_validation]"));
  EXPECT_THAT(of(sgd, 2), IsEmpty());
}

TEST_F(Lint, RulesAreSilencedWithAReason) {
  const std::string adam = "[optimizer]\ntype = \"adam\"\nlr = 0.2\n";
  EXPECT_THAT(of(adam + "[lint]\nadam_rate = \"the slide's number\"\n"), IsEmpty());
  EXPECT_EQ(recipes.complaints(before + sgd + "[lint]\nadam_rates = \"x\"\nzero_rate = true\nlow_peak = \"\"\n"),
            "r.toml:10:1: unknown key lint.adam_rates; did you mean adam_rate?\n"
            "r.toml:11:13: lint.zero_rate is true; expected the reason why the rule is silenced, as a text\n"
            "r.toml:12:12: lint.low_peak is empty; expected the reason why the rule is silenced, as a text");
}

}  // namespace
