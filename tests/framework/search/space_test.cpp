#include "search/space.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::search::Dimension;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

/// The space of a file with these lines below [space].
std::vector<Dimension> space_of(const std::string& lines) {
  const aviary::test::Recipes files;
  const auto document = aviary::recipe::read_document(files.write("s.toml", "[space]\n" + lines));
  return aviary::search::read_space(document.root.table()->find("space")->node);
}

std::string refusal_of(const std::string& lines) {
  const std::string message = aviary::test::message_of<aviary::recipe::RecipeError>([&] { space_of(lines); });
  const std::size_t file = message.find("s.toml:");
  return file == std::string::npos ? message : message.substr(file);
}

TEST(Space, TakesKeysDottedOrInTables) {
  const auto space = space_of("\"optimizer.lr\" = { choice = [0.1, 0.2] }\nmodel.depth = { int = [10, 12] }\n");
  ASSERT_EQ(space.size(), 2);
  EXPECT_EQ(space[0].key, "optimizer.lr");
  EXPECT_EQ(space[1].key, "model.depth");
  EXPECT_EQ(space[0].count(), 2);
  EXPECT_EQ(space[1].count(), 3);
  EXPECT_EQ(space[1].at(2).label, "12");
  EXPECT_EQ(space[0].at(1).label, "0.2");
}

TEST(Space, ChoicesMayHaveNames) {
  const auto space = space_of("[space.curriculum.choice]\nplain = [{ augment = false }]\nboth = [{}]\n");
  ASSERT_EQ(space.size(), 1);
  EXPECT_EQ(space[0].key, "curriculum");
  EXPECT_EQ(space[0].at(0).label, "plain");
  EXPECT_EQ(inline_toml(space[0].at(0).value), "[{ augment = false }]");
}

TEST(Space, DrawsWithinItsBounds) {
  const auto space = space_of("a = { uniform = [0.1, 0.5] }\nb = { log_uniform = [1e-4, 1] }\nc = { int = [1, 3] }\n");
  std::set<std::string> whole;
  int below_a_hundredth = 0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    aviary::Rng rng(7, {i});
    const double a = std::get<double>(space[0].draw(rng).value.value);
    const double b = std::get<double>(space[1].draw(rng).value.value);
    EXPECT_THAT(a, AllOf(Ge(0.1), Le(0.5)));
    EXPECT_THAT(b, AllOf(Ge(1e-4), Le(1)));
    below_a_hundredth += b < 0.01 ? 1 : 0;
    whole.insert(space[2].draw(rng).label);
  }
  EXPECT_THAT(whole, ElementsAre("1", "2", "3"));
  EXPECT_NEAR(below_a_hundredth, 200, 40);  // the middle of the logarithms
}

TEST(Space, RefusesWhatIsNoSpace) {
  EXPECT_THAT(refusal_of(""), HasSubstr("[space] is empty"));
  EXPECT_THAT(refusal_of("model.depth = 10\n"),
              HasSubstr("s.toml:2:15: space.model.depth is a whole number; expected { choice"));
  EXPECT_THAT(refusal_of("lr = { unifrom = [0, 1] }\n"),
              HasSubstr("space.lr.unifrom is a list; expected { choice = [16, 32] }"));
  EXPECT_THAT(refusal_of("lr = { unifrom = [0, 1] }\n"), HasSubstr("did you mean uniform?"));
  EXPECT_THAT(refusal_of("lr = { choice = [] }\n"), HasSubstr("s.toml:2:17: space.lr.choice is empty"));
  EXPECT_THAT(refusal_of("lr = { uniform = [1, 0] }\n"), HasSubstr("expected two numbers, the lower one first"));
  EXPECT_THAT(refusal_of("lr = { log_uniform = [0, 1] }\n"), HasSubstr("expected two numbers above 0"));
  EXPECT_THAT(refusal_of("lr = { int = [0.5, 1] }\n"), HasSubstr("expected two whole numbers"));
}

}  // namespace
