#include "search/sweep.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"
#include "recipe/curriculum.hpp"

namespace {

using aviary::search::Sweep;
using aviary::test::built_plugins;
using aviary::test::least;
using testing::ElementsAre;
using testing::HasSubstr;

struct SweepFile : testing::Test {
  Sweep read(const std::string& lines, const std::optional<std::int64_t>& trials = {}) const {
    files.write("base.toml", least + base);
    return aviary::search::read_sweep(files.write("s.toml", "base = \"base.toml\"\n" + lines), {}, trials, built_plugins());
  }

  std::string refusal(const std::string& lines) const {
    return aviary::test::message_of<aviary::Error>([&] { read(lines); });
  }

  std::vector<std::vector<std::string>> labels(const Sweep& sweep) const {
    std::vector<std::vector<std::string>> all;
    for (const auto& point : sweep.points) all.push_back(point.labels);
    return all;
  }

  std::string base =
      "[training]\nepochs = 10\n[[augment]]\ntype = \"horizontal_flip\"\n[[augment]]\ntype = \"rotate\"\nlimit = 15\n";
  aviary::test::Recipes files;
};

const std::string grid_strategy = "[sweep]\nstrategy = \"grid\"\n";

TEST_F(SweepFile, GridHasEveryCombination) {
  const Sweep sweep =
      read(grid_strategy + "[space]\n\"model.width\" = { int = [1, 2] }\n\"optimizer.lr\" = { choice = [0.1, 0.3] }\n");
  EXPECT_THAT(labels(sweep),
              ElementsAre(ElementsAre("1", "0.1"), ElementsAre("1", "0.3"), ElementsAre("2", "0.1"), ElementsAre("2", "0.3")));
  const auto recipe = recipe_of(sweep, sweep.points[3], {}, built_plugins());
  EXPECT_EQ(std::get<std::int64_t>(recipe.model.values.at("width")), 2);
  EXPECT_EQ(std::get<double>(recipe.optimizer.values.at("lr")), 0.3);
  EXPECT_THAT(settings_of(sweep, sweep.points[3]), ElementsAre("model.width=2", "optimizer.lr=0.3"));
}

TEST_F(SweepFile, DrawnPointsDifferAndStayWhenThereAreMore) {
  const std::string space = "[space]\n\"model.width\" = { int = [1, 3] }\n\"model.dropout\" = { uniform = [0, 0.5] }\n";
  const auto few = labels(read(space, 5));
  const auto many = labels(read(space, 30));
  ASSERT_EQ(few.size(), 5);
  ASSERT_EQ(many.size(), 30);
  EXPECT_EQ(std::set(many.begin(), many.end()).size(), 30);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_EQ(labels(read("[space]\n\"model.width\" = { int = [1, 3] }\n", 30)).size(), 3) << "there are no more";
}

TEST_F(SweepFile, MetricIsTheTrainings) {
  const Sweep sweep = read("[sweep]\nmetric = \"validation.loss\"\n[space]\n\"model.width\" = { int = [1, 2] }\n");
  EXPECT_EQ(recipe_of(sweep, sweep.points[0], {}, built_plugins()).training.metric, "validation.loss");
  EXPECT_THAT(refusal("[sweep]\nmetric = \"validation.top7\"\n[space]\n\"model.width\" = { int = [1, 2] }\n"),
              HasSubstr("s.toml:3:10: training.metric is \"validation.top7\""));
  EXPECT_THAT(refusal("[sweep]\nmetric = \"ema.top1\"\n[space]\n\"model.width\" = { int = [1, 2] }\n"),
              HasSubstr("s.toml:3:10: training.metric is \"ema.top1\", but there is no [ema]"));
}

TEST_F(SweepFile, RefusesWhatTheRecipeDoesNotTakeAtItsPlace) {
  EXPECT_THAT(refusal("[space]\n\"model.widht\" = { int = [1, 2] }\n"),
              HasSubstr("unknown key model.widht; did you mean width?"));
  EXPECT_THAT(refusal("[space]\n\"model.widht\" = { int = [1, 2] }\n"), HasSubstr("s.toml:3:1: "));
  EXPECT_THAT(refusal("[space]\n\"optimizer.lr\" = { choice = [0.1, -1] }\n"), HasSubstr("s.toml:3:35: optimizer.lr is -1"));
  EXPECT_THAT(refusal("[space]\n\"model.dropout\" = { uniform = [0, 2] }\n"), HasSubstr("model.dropout is 2"));
  EXPECT_THAT(refusal("[space]\ncurriculum = { choice = [[{ epochs = 7 }]] }\n"),
              HasSubstr("[[curriculum]] has 7 epochs, the training has 10"));
  EXPECT_THAT(refusal(grid_strategy + "[space]\n\"model.dropout\" = { uniform = [0, 0.5] }\n"),
              HasSubstr("s.toml:5:1: space.model.dropout has more values than can be counted"));
  EXPECT_THAT(refusal("[sweep]\nstrategy = \"asha\"\nseeds = 2\n[space]\n\"model.width\" = { int = [1, 2] }\n"),
              HasSubstr("s.toml:4:9: sweep.seeds is above 1, but asha compares points while they train"));
  EXPECT_THAT(refusal("[sweeep]\n[space]\n\"model.width\" = { int = [1, 2] }\n"),
              HasSubstr("unknown key sweeep; did you mean sweep?"));
  EXPECT_THAT(refusal(""), HasSubstr("[space] is empty"));
}

TEST_F(SweepFile, IsToldFromARecipe) {
  read("[space]\n\"model.width\" = { int = [1, 2] }\n");
  EXPECT_TRUE(aviary::search::is_sweep(files.write("s.toml", "base = \"base.toml\"\n")));
  EXPECT_FALSE(aviary::search::is_sweep(files.write("r.toml", least)));
}

TEST_F(SweepFile, NamesABaseThatIsThere) {
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] {
                aviary::search::read_sweep(files.write("s.toml", "base = \"nowhere.toml\"\n[space]\n"), {}, {},
                                           built_plugins());
              }),
              HasSubstr("s.toml:1:8: base is \"nowhere.toml\": there is no file "));
}

// "AAhAA": epochs with both augmentations, and with one by its first letter.
std::string epochs_of(const aviary::recipe::Recipe& recipe) {
  std::string letters;
  for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch) {
    const auto [number, within] = phase_epoch(recipe.curriculum, epoch);
    const auto& phase = recipe.curriculum[number];
    const auto& augment = phase.augment ? *phase.augment : recipe.augment;
    letters += !phase.augmented(within) ? 'P' : augment.size() == 2 ? 'A' : augment.front().type.front();
  }
  return letters;
}

struct Ablation : SweepFile {
  std::vector<std::string> epochs(const std::string& lines, std::int64_t after) const {
    const auto recipe = files.read(least + base + lines);
    const Sweep sweep = aviary::search::without_augmentations(recipe, after, 2);
    EXPECT_EQ(sweep.points[1].labels, std::vector<std::string>{"horizontal_flip"});
    std::vector<std::string> all;
    for (const auto& point : sweep.points) all.push_back(epochs_of(recipe_of(sweep, point, {}, built_plugins())));
    return all;
  }
};

TEST_F(Ablation, LeavesOutOneAugmentationFromAnEpochOn) {
  EXPECT_THAT(epochs("", 4), ElementsAre("AAAAAAAAAA", "AAAArrrrrr", "AAAAhhhhhh"));
  EXPECT_THAT(epochs("", 0), ElementsAre("AAAAAAAAAA", "rrrrrrrrrr", "hhhhhhhhhh"));
}

TEST_F(Ablation, KeepsTheCurriculum) {
  EXPECT_THAT(epochs("[[curriculum]]\nepochs = 3\naugment = false\n[[curriculum]]\npattern = \"PAA\"\n", 5),
              ElementsAre("PPPPAAPAAP", "PPPPArPrrP", "PPPPAhPhhP"));
}

TEST_F(Ablation, LeavesOutTables) {
  const auto recipe = files.read(least + base + "[ema]\n[loss]\nlabel_smoothing = 0.1\n");
  const Sweep sweep = aviary::search::without_tables(recipe, 1);
  EXPECT_THAT(labels(sweep),
              ElementsAre(ElementsAre("nothing"), ElementsAre("augment"), ElementsAre("loss"), ElementsAre("ema")));
  EXPECT_FALSE(recipe_of(sweep, sweep.points[3], {}, built_plugins()).ema);
  EXPECT_EQ(recipe_of(sweep, sweep.points[2], {}, built_plugins()).loss.label_smoothing, 0);
  EXPECT_TRUE(recipe_of(sweep, sweep.points[2], {}, built_plugins()).ema);
}

TEST_F(Ablation, NeedsSomethingToLeaveOut) {
  const auto recipe = files.read(least);
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] { aviary::search::without_augmentations(recipe, 1, 1); }),
              HasSubstr("has no [[augment]] that could be left out"));
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] { aviary::search::without_tables(recipe, 1); }),
              HasSubstr("has no table that could be left out"));
}

}  // namespace
