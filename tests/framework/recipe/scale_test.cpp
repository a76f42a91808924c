#include "recipe/scale.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::recipe::Recipe;
using aviary::test::least;
using aviary::test::Recipes;

struct Scale : testing::Test {
  /// The recipe at that scale, read again; it must have nothing to warn of.
  Recipe at(double fraction, const std::string& lines) const {
    const Recipe whole = recipes.read(least + lines);
    Recipe small = recipes.read(least + lines, aviary::recipe::scale(whole, fraction));
    EXPECT_THAT(small.warnings, testing::IsEmpty());
    return small;
  }

  static std::string scheduler(const Recipe& recipe, const std::string& key) {
    return inline_toml(recipe.resolved.table()->find("scheduler")->node.table()->find(key)->node);
  }

  Recipes recipes;
};

TEST_F(Scale, ShortensTheTrainingAndTakesFewerAndSmallerPictures) {
  const Recipe small = at(0.2, "[swa]\nepochs = 5\n[early_stopping]\npatience = 10\n");
  EXPECT_EQ(small.training.epochs, 10);
  EXPECT_EQ(small.data.fraction, 0.2);
  EXPECT_EQ(small.data.image_size, 104) << "of 224: a fifth of the pixels, in steps of 8";
  EXPECT_EQ(small.swa->epochs, 1);
  EXPECT_EQ(small.early_stopping->patience, 2);
  EXPECT_EQ(aviary::recipe::scaled_side(32, 0.1), 16) << "the least";
}

TEST_F(Scale, ShortensTheCurriculum) {
  const Recipe small = at(0.1, "[[curriculum]]\nepochs = 10\naugment = false\n[[curriculum]]\nepochs = 40\npattern = \"PA\"\n");
  ASSERT_EQ(small.curriculum.size(), 2);
  EXPECT_EQ(small.curriculum[0].epochs, 1);
  EXPECT_EQ(small.curriculum[1].epochs, 4);
  EXPECT_EQ(small.curriculum[1].pattern, "PA");
}

TEST_F(Scale, ShortensSchedules) {
  EXPECT_EQ(scheduler(at(0.2, "[scheduler]\ntype = \"milestones\"\nmilestones = [43, 45, 47]\n"), "milestones"), "[7, 8, 9]");
  const Recipe cosine = at(0.2, "[scheduler]\ntype = \"cosine_warmup_restarts\"\nT_0 = 9\nT_up = 2\nT_mult = 2\neta_max = 1\n");
  EXPECT_EQ(scheduler(cosine, "T_0"), "2");
  EXPECT_EQ(scheduler(cosine, "T_up"), "0");
  EXPECT_EQ(scheduler(cosine, "T_mult"), "2") << "counts no epochs";
  const Recipe chain =
      at(0.1,
         "[scheduler]\ntype = \"chain\"\nepochs = [10, 12]\nschedules = [{ type = \"constant\" }, { type = "
         "\"constant\" }, { type = \"warmup\", warmup_epochs = 20, schedule = { type = \"plateau\", patience = "
         "30 } }]\n");
  EXPECT_EQ(scheduler(chain, "epochs"), "[1, 1]");
  EXPECT_THAT(scheduler(chain, "schedules"), testing::HasSubstr("warmup_epochs = 2"));
  EXPECT_THAT(scheduler(chain, "schedules"), testing::HasSubstr("patience = 3"));
}

TEST_F(Scale, OfOneChangesNothing) {
  const std::string lines = "[scheduler]\ntype = \"step\"\n[[curriculum]]\nepochs = 10\n[[curriculum]]\n";
  const Recipe whole = recipes.read(least + lines);
  EXPECT_EQ(aviary::recipe::to_toml(at(1, lines).resolved, false), aviary::recipe::to_toml(whole.resolved, false));
}

}  // namespace
