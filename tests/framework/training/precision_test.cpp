#include "training/precision.hpp"

#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"
#include "recipe/json.hpp"

namespace {

using aviary::training::settle_precision;

using Precision = aviary::test::Tiny;

std::string recorded_precision(const aviary::recipe::Recipe& recipe) {
  return aviary::recipe::to_json(recipe.resolved)["training"]["precision"];
}

TEST_F(Precision, ThatIsLeftOpenIsOneThatCanBeTrainedWith) {
  auto recipe = this->recipe({"training.precision=auto"});
  EXPECT_EQ(recorded_precision(recipe), "auto");
  settle_precision(recipe);
  EXPECT_TRUE(recipe.training.precision == "fp32" || recipe.training.precision == "bf16") << recipe.training.precision;
  EXPECT_EQ(recorded_precision(recipe), recipe.training.precision);
  EXPECT_EQ(recipe.warnings.back().message, "\"auto\" is " + recipe.training.precision + " on this machine");
}

TEST_F(Precision, ThatIsSaidStays) {
  for (const std::string said : {"fp32", "bf16"}) {
    auto recipe = this->recipe({"training.precision=" + said});
    settle_precision(recipe);
    EXPECT_EQ(recipe.training.precision, said);
  }
}

}  // namespace
