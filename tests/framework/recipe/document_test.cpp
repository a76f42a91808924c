#include "recipe/document.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::recipe::Document;
using aviary::recipe::inline_toml;
using aviary::recipe::override_values;
using aviary::recipe::read_document;
using aviary::test::Recipes;

struct DocumentTest : testing::Test {
  std::string read(const std::string& text, const std::vector<std::string>& settings = {}) const {
    Document document = read_document(recipes.write("r.toml", text));
    override_values(document, settings);
    return inline_toml(document.root);
  }
  Recipes recipes;
};

TEST_F(DocumentTest, KeepsTheOrderOfTheFile) { EXPECT_EQ(read("z = 1\nb = 2\na = 3\n"), "{ z = 1, b = 2, a = 3 }"); }

TEST_F(DocumentTest, ParentIsRelativeToTheFile) {
  recipes.write("parent.toml", "a = 1\n");
  const auto document = read_document(recipes.write("deep/child.toml", "extends = \"../parent.toml\"\nb = 2\n"));
  EXPECT_EQ(inline_toml(document.root), "{ a = 1, b = 2 }");
  ASSERT_EQ(document.files.size(), 2);
  EXPECT_TRUE(document.files[0].ends_with("deep/child.toml"));
  EXPECT_TRUE(document.files[1].ends_with("/parent.toml"));
}

TEST_F(DocumentTest, ThreeLevelsMergeKeyByKeyAndTheYoungestWins) {
  recipes.write("g.toml", "[t]\na = 1\nb = 1\nc = 1\nlist = [1, 2]\n");
  recipes.write("p.toml", "extends = \"g.toml\"\n[t]\nb = 2\nc = 2\n");
  EXPECT_EQ(read("extends = \"p.toml\"\n[t]\nc = 3\nlist = [9]\n"), "{ t = { a = 1, b = 2, c = 3, list = [9] } }");
}

TEST_F(DocumentTest, ValuesRememberWhoWroteThem) {
  recipes.write("p.toml", "[t]\na = 1\nb = 1\n");
  Document document = read_document(recipes.write("r.toml", "extends = \"p.toml\"\n[t]\n  b = 2\n"));
  override_values(document, {"t.c=3"});
  const auto* const table = document.root.table()->find("t")->node.table();
  EXPECT_TRUE(to_string(table->find("a")->node.place).ends_with("p.toml:2:5"));
  EXPECT_TRUE(to_string(table->find("b")->node.place).ends_with("r.toml:3:7"));
  EXPECT_TRUE(to_string(table->find("b")->place).ends_with("r.toml:3:3"));
  EXPECT_EQ(to_string(table->find("c")->node.place), "--set t.c");
}

TEST_F(DocumentTest, ComponentIsReplacedWhenItsTypeChangesAndMergedWhenNot) {
  recipes.write("p.toml", "[optimizer]\ntype = \"sgd\"\nmomentum = 0.5\n");
  EXPECT_EQ(read("extends = \"p.toml\"\n[optimizer]\ntype = \"adam\"\nlr = 1\n"),
            "{ optimizer = { type = \"adam\", lr = 1 } }");
  EXPECT_EQ(read("extends = \"p.toml\"\n[optimizer]\ntype = \"sgd\"\nlr = 1\n"),
            "{ optimizer = { type = \"sgd\", momentum = 0.5, lr = 1 } }");
  EXPECT_EQ(read("extends = \"p.toml\"\n[optimizer]\nlr = 1\n"), "{ optimizer = { type = \"sgd\", momentum = 0.5, lr = 1 } }");
}

TEST_F(DocumentTest, SetTakesTomlValues) {
  EXPECT_EQ(read("", {"a=1", "b=0.5", "c=true", "d=[1, 2]", "e=\"x y\"", "f={ g = 1 }"}),
            "{ a = 1, b = 0.5, c = true, d = [1, 2], e = \"x y\", f = { g = 1 } }");
}

TEST_F(DocumentTest, SetTakesBareWordsAsText) {
  EXPECT_EQ(read("", {"a=step", "b=/data/my birds", "c=", "d=x=y"}),
            "{ a = \"step\", b = \"/data/my birds\", c = \"\", d = \"x=y\" }");
}

TEST_F(DocumentTest, SetCannotSmuggleInAnotherKey) {
  EXPECT_EQ(read("", {"a=1\nb=2"}), "{ a = \"1\\nb=2\" }");
  EXPECT_EQ(read("", {"a=1\n[t]\nb=2"}), "{ a = \"1\\n[t]\\nb=2\" }");
  EXPECT_EQ(read("", {"a=1\nvalue.x=2"}), "{ a = \"1\\nvalue.x=2\" }");
}

TEST_F(DocumentTest, SetReachesNestedKeysAndKeepsTheirNeighbours) {
  EXPECT_EQ(read("[a.b]\nc = 1\nd = 2\n", {"a.b.c=3", "a.e.f=4"}), "{ a = { b = { c = 3, d = 2 }, e = { f = 4 } } }");
}

TEST_F(DocumentTest, LastSettingOfAKeyWins) { EXPECT_EQ(read("", {"a=1", "a=2"}), "{ a = 2 }"); }

TEST_F(DocumentTest, TypeAndSettingsComeInAnyOrder) {
  const std::string text = "[s]\ntype = \"constant\"\nold = 1\n";
  EXPECT_EQ(read(text, {"s.type=step", "s.gamma=0.5"}), "{ s = { type = \"step\", gamma = 0.5 } }");
  EXPECT_EQ(read(text, {"s.gamma=0.5", "s.type=step"}), "{ s = { gamma = 0.5, type = \"step\" } }");
}

}  // namespace
