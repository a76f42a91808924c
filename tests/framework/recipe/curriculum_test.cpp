#include "recipe/curriculum.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"
#include "recipe/difference.hpp"

namespace {

using aviary::recipe::Phase;
using aviary::recipe::phase_epoch;
using aviary::recipe::Recipe;
using aviary::test::least;
using aviary::test::Recipes;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string ten_plain = "[[curriculum]]\nepochs = 10\naugment = false\n";
const std::string rest = "[[curriculum]]\n";

struct Curriculum : testing::Test {
  Recipe read(const std::string& lines, const std::vector<std::string>& settings = {}) const {
    return recipes.read(least + lines, settings);
  }
  std::string complaints(const std::string& lines) const { return recipes.complaints(least + lines); }

  // "PPA...": plain and augmented epochs.
  static std::string epochs(const Recipe& recipe) {
    std::string letters;
    for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch) {
      const auto [phase, within] = phase_epoch(recipe.curriculum, epoch);
      letters += recipe.curriculum[phase].augmented(within) ? 'A' : 'P';
    }
    return letters;
  }

  Recipes recipes;
};

TEST_F(Curriculum, IsOnePhaseOfAugmentedEpochsWhereThereIsNone) {
  const Recipe recipe = read("[training]\nepochs = 3\n");
  EXPECT_EQ(epochs(recipe), "AAA");
  EXPECT_EQ(recipe.resolved.table()->find("curriculum"), nullptr);
}

TEST_F(Curriculum, LastPhaseTakesTheRest) {
  EXPECT_EQ(epochs(read(ten_plain + rest + "[training]\nepochs = 12\n")), "PPPPPPPPPPAA");
  EXPECT_EQ(epochs(read(ten_plain + "[[curriculum]]\nepochs = 2\n[training]\nepochs = 12\n")), "PPPPPPPPPPAA");
}

TEST_F(Curriculum, PatternIsRepeatedFromTheStartOfItsPhase) {
  EXPECT_EQ(epochs(read("[[curriculum]]\nepochs = 3\naugment = false\n[[curriculum]]\npattern = \"PAA\"\n"
                        "[training]\nepochs = 11\n")),
            "PPPPAAPAAPA");
}

TEST_F(Curriculum, PhasesSayWhatTheyAugmentWith) {
  const Recipe recipe = read(
      "[[curriculum]]\nepochs = 1\naugment = 0.25\n"
      "[[curriculum]]\nepochs = 1\nepoch_fraction = 0.5\naugment = [{ type = \"vertical_flip\", probability = 1 }]\n"
      "[[curriculum]]\n",
      {"data.epoch_fraction=0.75"});
  ASSERT_EQ(recipe.curriculum.size(), 3);
  EXPECT_EQ(recipe.curriculum[0].strength, 0.25);
  EXPECT_EQ(recipe.curriculum[0].epoch_fraction, 0.75);
  ASSERT_TRUE(recipe.curriculum[1].augment);
  EXPECT_EQ(recipe.curriculum[1].augment->front().type, "vertical_flip");
  EXPECT_EQ(recipe.curriculum[1].epoch_fraction, 0.5);
  EXPECT_EQ(recipe.curriculum[2].strength, 1);
  EXPECT_FALSE(recipe.curriculum[2].augment);
}

TEST_F(Curriculum, MustAddUp) {
  const std::string remedy = "; the last phase may leave its epochs out, and takes the rest";
  EXPECT_EQ(complaints(ten_plain + "[[curriculum]]\nepochs = 30\n"),
            "r.toml:11:1: [[curriculum]] has 40 epochs, the training has 50" + remedy);
  EXPECT_EQ(complaints(ten_plain + rest + "[training]\nepochs = 10\n"),
            "r.toml:11:1: [[curriculum]] has 10 epochs before its last phase, the training has 10" + remedy);
  EXPECT_EQ(complaints(rest + ten_plain), "r.toml:8:1: curriculum[0].epochs is missing; only the last phase may leave it out");
}

TEST_F(Curriculum, MistakesOfAPhase) {
  EXPECT_EQ(complaints("[curriculum]\nepochs = 10\n"),
            "r.toml:8:1: curriculum is not a list of tables; write [[curriculum]] once for each phase");
  EXPECT_EQ(complaints("[[curriculum]]\nepoch = 10\n"), "r.toml:9:1: unknown key curriculum[0].epoch; did you mean epochs?");
  EXPECT_EQ(complaints("[[curriculum]]\nepochs = 0\n"), "r.toml:9:10: curriculum[0].epochs is 0; expected 1 to 1000000");
  EXPECT_EQ(complaints("[[curriculum]]\npattern = \"PAX\"\n"),
            "r.toml:9:11: curriculum[0].pattern is not a sequence of plain (P) and augmented (A) epochs, such as \"PAAA\"");
  EXPECT_EQ(
      complaints("[[curriculum]]\naugment = false\npattern = \"PA\"\n"),
      "r.toml:10:11: curriculum[0].pattern alternates plain and augmented epochs, but nothing is augmented in this phase");
  const std::string expected =
      "; expected true, false, a number, 0 to 1 (how often each augmentation is drawn, of its own probability), or a list of "
      "tables (in place of the recipe's)";
  EXPECT_EQ(complaints("[[curriculum]]\naugment = \"no\"\n"), "r.toml:9:11: curriculum[0].augment is a text" + expected);
  EXPECT_EQ(complaints("[[curriculum]]\naugment = 1.5\n"), "r.toml:9:11: curriculum[0].augment is 1.5" + expected);
  EXPECT_EQ(complaints("[[curriculum]]\n[[curriculum.augment]]\ntype = \"rotte\"\n"),
            "r.toml:10:8: curriculum[0].augment[0].type is \"rotte\"; there is no such augmentation; did you mean rotate?");
  EXPECT_THAT(complaints("[[curriculum]]\n[[curriculum.augment]]\ntype = \"center_crop\"\nheight = 500\nwidth = 500\n"),
              testing::StartsWith("r.toml:10:8: "))
      << "a crop larger than the picture";
}

TEST_F(Curriculum, EndsWithTheTrainingWhereTheCommandLineSaysHowLongThatIs) {
  const std::string forty = "[[curriculum]]\nepochs = 40\n";
  const auto warnings = [](const Recipe& recipe) {
    std::vector<std::string> messages;
    for (const auto& warning : recipe.warnings) messages.push_back(warning.message);
    return messages;
  };
  const Recipe shorter = read(ten_plain + forty, {"training.epochs=4"});
  EXPECT_EQ(epochs(shorter), "PPPP");
  EXPECT_THAT(warnings(shorter),
              ElementsAre("[[curriculum]] has 50 epochs, the training has 4; it ends with 4 epochs of phase 1"));
  const Recipe longer = read(ten_plain + forty, {"training.epochs=52"});
  EXPECT_THAT(warnings(longer),
              ElementsAre("[[curriculum]] has 50 epochs, the training has 52; it ends with 42 epochs of phase 2"));
  EXPECT_EQ(epochs(longer), std::string(10, 'P') + std::string(42, 'A'));
  const Recipe open = read(ten_plain + rest, {"training.epochs=12"});
  EXPECT_EQ(epochs(open), "PPPPPPPPPPAA");
  EXPECT_THAT(warnings(open), IsEmpty());

  // What a run folder keeps is a recipe by itself.
  const Recipe kept = recipes.read(aviary::recipe::to_toml(shorter.resolved, true));
  EXPECT_EQ(epochs(kept), "PPPP");
  EXPECT_THAT(kept.warnings, IsEmpty());
}

TEST_F(Curriculum, DifferencesAreNamedByPhase) {
  const auto before = read(ten_plain + rest).resolved;
  const auto after = read("[[curriculum]]\nepochs = 12\naugment = 0.5\n" + rest).resolved;
  std::vector<std::string> lines;
  for (const auto& change : aviary::recipe::difference(before, after))
    lines.push_back(change.key + ": " + change.before + " -> " + change.after);
  EXPECT_THAT(lines, ElementsAre("curriculum[0].epochs: 10 -> 12", "curriculum[0].augment: false -> 0.5"));
}

TEST_F(Curriculum, IsLeftOutLikeOtherTablesOfAParent) {
  recipes.write("parent.toml",
                least + ten_plain + rest + "[[augment]]\ntype = \"horizontal_flip\"\n[ema]\n[training]\nepochs = 12\n");
  const Recipe child = recipes.read("extends = \"parent.toml\"\ncurriculum = false\nema = false\n");
  EXPECT_EQ(epochs(child), "AAAAAAAAAAAA");
  EXPECT_FALSE(child.ema);
  EXPECT_EQ(child.augment.size(), 1);
  EXPECT_THAT(recipes.complaints("loss = true\n" + least), testing::HasSubstr("loss is true; expected a table"));
}

}  // namespace
