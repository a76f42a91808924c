#include "recipe/origins.hpp"

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

namespace recipe = aviary::recipe;

TEST(Origins, OutliveReadingAndWritingAgain) {
  const aviary::test::ScratchFolder folder;
  aviary::test::put_bytes(folder / "mine.toml", aviary::test::least);
  const auto read = [&](const std::string& name, const std::vector<std::string>& settings) {
    return recipe::read_recipe((folder / name).string(), settings, aviary::test::built_plugins());
  };
  const std::string first =
      recipe::to_toml(read("mine.toml", {"augment=[{ type = \"horizontal_flip\" }]", "optimizer.momentum=0.5"}).resolved, true);
  aviary::test::put_bytes(folder / "recipe.toml", first);
  recipe::Recipe again = read("recipe.toml", {});
  recipe::restore_origins(again.resolved, folder / "recipe.toml");
  EXPECT_EQ(recipe::to_toml(again.resolved, true), first);

  again = read("recipe.toml", {"optimizer.momentum=0.25"});
  recipe::restore_origins(again.resolved, folder / "recipe.toml");
  std::string expected = first;
  const std::size_t at = expected.find("momentum = 0.5 ");
  ASSERT_NE(at, std::string::npos);
  expected.replace(at, 15, "momentum = 0.25");
  EXPECT_EQ(recipe::to_toml(again.resolved, true), expected);
}

TEST(Origins, OfALineWithoutACommentAreItsPosition) {
  const aviary::test::ScratchFolder folder;
  aviary::test::put_bytes(folder / "recipe.toml", aviary::test::least);
  recipe::Document document = recipe::read_document(folder / "recipe.toml");
  recipe::restore_origins(document.root, folder / "recipe.toml");
  const recipe::Node& path = document.root.table()->find("data")->node.table()->find("path")->node;
  EXPECT_EQ(to_string(path.place), (folder / "recipe.toml").string() + ":2:8");
}

}  // namespace
