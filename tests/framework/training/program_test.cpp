// Training, evaluation and resuming as a user calls them.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/plugins/forged_library.hpp"
#include "framework/training/tiny.hpp"

namespace {

using aviary::test::program;
using aviary::test::run;

struct ProgramTest : aviary::test::Tiny {
  const std::string file = (recipe(), (folder_ / "tiny.toml").string());
  const std::string where = (folder_ / "run").string();
};

TEST_F(ProgramTest, EvaluationTwiceGivesEqualJson) {
  ASSERT_EQ(run(program + " train " + file + " --run " + where + " --epochs 1 --quiet --threads 1").exit_code, 0);
  const auto first = run(program + " evaluate " + where + " --json --threads 1 2>/dev/null");
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_THAT(first.output, testing::StartsWith("{\"checkpoint\":\"epoch-0001\",\"split\":\"test\",\"pictures\":12,"));
  EXPECT_EQ(run(program + " evaluate " + where + " --json --threads 1 --workers 3 2>/dev/null").output, first.output);
}

TEST_F(ProgramTest, MistakeOfTheCommandLineOrRecipeExitsWithTwo) {
  const auto ran = run(program + " train " + file + " --run " + where + " --set optimizer.lrr=1");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.output, "--set optimizer.lrr: unknown key optimizer.lrr; did you mean lr?\n");
  EXPECT_FALSE(std::filesystem::exists(where));
}

TEST_F(ProgramTest, ExceededLimitExitsWithTwoBeforeARunIsBegun) {
  const auto ran = run(program + " train " + file + " --run " + where + " --set limits.epochs=2");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, testing::HasSubstr("aviary: training.epochs is 3, above limits.epochs 2\n"));
  EXPECT_FALSE(std::filesystem::exists(where));
}

}  // namespace
