#include "network/tree.hpp"

#include <gtest/gtest.h>

namespace {

using aviary::network::Branch;
using aviary::network::Layer;
using aviary::network::Layers;
using aviary::network::tree_of;

Layer conv(const std::string& name, std::int64_t channels = 8) {
  return {.name = name,
          .type = "conv",
          .detail = "3x3",
          .own = true,
          .resizes = false,
          .output = {channels, 4, 4},
          .parameters = channels,
          .multiply_adds = 10};
}

Layer plain(const std::string& module, const std::string& type, bool resizes) {
  return {.name = module,
          .type = type,
          .detail = "",
          .own = false,
          .resizes = resizes,
          .output = {8},
          .parameters = 0,
          .multiply_adds = 0};
}

// "name:type*repeats(children)"
std::string text(const Branch& branch) {
  std::string line = branch.name;
  if (!branch.type.empty()) line += ":" + branch.type;
  if (branch.repeats > 1) line += "*" + std::to_string(branch.repeats);
  if (branch.children.empty()) return line;
  line += "(";
  for (const Branch& child : branch.children) line += (line.back() == '(' ? "" : " ") + text(child);
  return line + ")";
}

std::string text(std::vector<Layer> layers) {
  Layers all;
  all.layers = std::move(layers);
  return text(tree_of(all));
}

TEST(Tree, FollowsTheNames) {
  EXPECT_EQ(text({conv("stem"), conv("body.a"), conv("body.b"), conv("head", 9)}),
            "(stem:conv 3x3 body(a:conv 3x3 b:conv 3x3) head:conv 3x3)");
}

TEST(Tree, MakesOneLineOfEqualNeighboursWithNumbers) {
  EXPECT_EQ(text({conv("s.0.a"), conv("s.0.b", 4), conv("s.1.a"), conv("s.1.b", 4), conv("s.2.a"), conv("s.2.b", 4)}),
            "(s(0..2*3(a:conv 3x3 b:conv 3x3)))");
  EXPECT_EQ(text({conv("s.0.a"), conv("s.0.b", 4), conv("s.1.a"), conv("s.1.b", 5)}),
            "(s(0(a:conv 3x3 b:conv 3x3) 1(a:conv 3x3 b:conv 3x3)))");
}

TEST(Tree, CallsABlockRepeatedOnlyWhenItsLayersHaveTheSameNames) {
  EXPECT_EQ(text({conv("s.0.a"), conv("s.0.b", 4), conv("s.1.a"), conv("s.1.c", 4)}),
            "(s(0(a:conv 3x3 b:conv 3x3) 1(a:conv 3x3 c:conv 3x3)))");
}

TEST(Tree, JoinsModulesAroundASingleThing) {
  EXPECT_EQ(text({conv("a.b.c"), conv("d.e.f", 2), conv("d.e.g", 3)}), "(a.b.c:conv 3x3 d.e(f:conv 3x3 g:conv 3x3))");
}

TEST(Tree, LeavesOutWhatCostsNothingAndKeepsTheSize) {
  EXPECT_EQ(text({conv("a.b"), plain("a", "relu", false), plain("a", "max_pool2d", true), conv("a.c", 9)}),
            "(a(b:conv 3x3 :max_pool2d c:conv 3x3))");
}

TEST(Tree, AddsUpWhatAModuleHolds) {
  Layers layers;
  layers.layers = {conv("s.0.a"), conv("s.0.b", 4), conv("s.1.a"), conv("s.1.b", 4)};
  const Branch root = tree_of(layers);
  EXPECT_EQ(root.parameters, 24);
  EXPECT_EQ(root.multiply_adds, 40);
  const Branch& s = root.children.at(0);
  EXPECT_EQ(s.parameters, 24);
  EXPECT_EQ(s.children.at(0).parameters, 12);  // of one of the two
  EXPECT_EQ(s.children.at(0).output, (std::vector<std::int64_t>{4, 4, 4}));
}

}  // namespace
