#include <string>

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"
#include "recipe/json.hpp"

namespace {

using aviary::recipe::to_json;
using aviary::recipe::to_toml;
using aviary::test::least;
using aviary::test::Recipes;

TEST(TomlWriter, WhatItWritesReadsBackToTheSameRecipe) {
  const Recipes recipes;
  const auto first = recipes.read("[provenance]\ndeck = \"slide 3\"\n[provenance.published]\ntest = 0.5\n" + least +
                                  "[scheduler]\ntype = \"step\"\nat = [0.5]\n[[augment]]\ntype = \"horizontal_flip\"\n"
                                  "[[augment]]\ntype = \"random_crop\"\npadding = 2\n[limits]\nepochs = 60\n");
  for (const bool origins : {false, true}) {
    const auto second = recipes.read(to_toml(first.resolved, origins));
    EXPECT_EQ(to_json(second.resolved).dump(1), to_json(first.resolved).dump(1)) << origins;
    EXPECT_EQ(to_toml(second.resolved, false), to_toml(first.resolved, false));
  }
}

TEST(TomlWriter, TextsOfAllKindsReadBack) {
  const Recipes recipes;
  const std::string texts[] = {"say \"hi\"",   "a\nb\tc\r\n", "back\\slash", "Zaunkönig 鳥 🐦", std::string("\x01\x1f\x7f"),
                               "# no comment", "'''"};
  for (const std::string& text : texts) {
    auto recipe = recipes.read(least);
    recipe.resolved.table()->find("data")->node.table()->find("path")->node.value = text;
    EXPECT_EQ(recipes.read(to_toml(recipe.resolved, true)).data.path, text);
  }
}

TEST(TomlWriter, NumbersKeepTheirValueAndType) {
  const Recipes recipes;
  const auto recipe =
      recipes.read(least, {"optimizer.lr=1", "optimizer.weight_decay=1e-05", "optimizer.momentum=0.30000000000000004"});
  const std::string text = to_toml(recipe.resolved, false);
  EXPECT_NE(text.find("lr = 1.0\n"), std::string::npos) << text;
  const auto again = recipes.read(text);
  EXPECT_EQ(again.optimizer.values, recipe.optimizer.values);
}

TEST(TomlWriter, OriginsTellWhereEachValueComesFrom) {
  const Recipes recipes;
  const std::string text = to_toml(recipes.read(least, {"training.seed=7"}).resolved, true);
  EXPECT_NE(text.find("seed = 7"), std::string::npos);
  EXPECT_NE(text.find("  # --set training.seed\n"), std::string::npos) << text;
  EXPECT_NE(text.find("r.toml:7:6\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  # default\n"), std::string::npos) << text;
}

}  // namespace
