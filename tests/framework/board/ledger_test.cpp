#include "board/ledger.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

namespace fs = std::filesystem;
using aviary::board::Agreement;
using aviary::board::agreements;
using aviary::board::LedgerRow;
using aviary::board::read_ledger;
using testing::HasSubstr;

struct Ledger : testing::Test {
  std::string refusal(const std::string& text) const {
    aviary::test::put_bytes(folder / "l.csv", text);
    return aviary::test::message_of<aviary::Error>([&] { read_ledger(folder / "l.csv"); });
  }

  aviary::test::ScratchFolder folder;
};

TEST_F(Ledger, ComesBackAsItWasWritten) {
  const std::vector<LedgerRow> rows = {{.run = "runs/a \"b\", c", .validation = 0.951, .test = 0.9, .kaggle = 0.9965},
                                       {.run = "d", .train = 1.0, .kaggle = 0.5}};
  aviary::board::write_ledger(folder / "l.csv", rows);
  const auto again = read_ledger(folder / "l.csv");
  ASSERT_EQ(again.size(), 2);
  EXPECT_EQ(again[0].run, rows[0].run);
  EXPECT_EQ(again[0].train, std::nullopt);
  EXPECT_EQ(again[0].validation, 0.951);
  EXPECT_EQ(again[0].kaggle, 0.9965);
  EXPECT_EQ(again[1].train, 1.0);
  EXPECT_TRUE(read_ledger(folder / "none.csv").empty());
}

TEST_F(Ledger, RefusesWhatIsNoLedger) {
  EXPECT_THAT(refusal("run,train,validation,kaggle\n"), HasSubstr("l.csv:1: there is no column test"));
  EXPECT_THAT(refusal("run,train,validation,test,kaggle\na,,,,99\n"),
              HasSubstr("l.csv:2: \"99\" is no score; expected a number, 0 to 1"));
  EXPECT_THAT(refusal("run,train,validation,test,kaggle\na,,,x,0.9\n"), HasSubstr("\"x\" is no score"));
  EXPECT_THAT(refusal("run,train,validation,test,kaggle\na,,,0.9,\n"), HasSubstr("l.csv:2: the kaggle score is missing"));
}

TEST_F(Ledger, TellsHowWellASplitForetellsTheLeaderboard) {
  const auto all = agreements({{.run = "a", .train = 0.9, .validation = 0.8, .kaggle = 0.85},
                               {.run = "b", .train = 0.9, .validation = 0.7, .kaggle = 0.75},
                               {.run = "c", .train = 0.9, .validation = 0.6, .kaggle = 0.68},
                               {.run = "d", .kaggle = 0.1}});
  ASSERT_EQ(all.size(), 2) << "no run has a test score";
  const Agreement& train = all[0];
  const Agreement& validation = all[1];
  EXPECT_EQ(validation.split, "validation");
  EXPECT_EQ(validation.runs, 3);
  EXPECT_NEAR(validation.difference, 0.06, 1e-12);
  EXPECT_NEAR(validation.error, 0.04 / 3, 1e-12);
  EXPECT_NEAR(*validation.rank_correlation, 1, 1e-12);
  EXPECT_EQ(train.rank_correlation, std::nullopt) << "it is constant";
}

TEST_F(Ledger, EqualScoresShareTheirRank) {
  const auto all = agreements({{.run = "a", .validation = 0.1, .kaggle = 0.1},
                               {.run = "b", .validation = 0.2, .kaggle = 0.3},
                               {.run = "c", .validation = 0.2, .kaggle = 0.2}});
  EXPECT_NEAR(*all[0].rank_correlation, 1.5 / std::sqrt(1.5 * 2), 1e-12);
}

TEST_F(Ledger, TheDecksHasThePublishedScoresOfItsRecipes) {
  const fs::path recipes = AVIARY_SOURCE_DIR "/recipes";
  std::map<std::string, LedgerRow> published;
  for (const auto& file : fs::recursive_directory_iterator(recipes)) {
    if (file.path().extension() != ".toml") continue;
    const auto document = aviary::recipe::read_document(file.path());
    if (document.root.table()->find("space") != nullptr) continue;
    const auto recipe = aviary::recipe::read_recipe(file.path().string(), {}, aviary::test::built_plugins());
    const auto& [train, validation, test, kaggle] = recipe.published;
    if (kaggle) published[recipe.name] = {recipe.name, train, validation, test, *kaggle};
  }
  const auto rows = read_ledger(recipes / "leaderboard.csv");
  ASSERT_EQ(rows.size(), published.size());
  for (const LedgerRow& row : rows) {
    const LedgerRow& expected = published.at(row.run);
    EXPECT_EQ(row.train, expected.train) << row.run;
    EXPECT_EQ(row.validation, expected.validation) << row.run;
    EXPECT_EQ(row.test, expected.test) << row.run;
    EXPECT_EQ(row.kaggle, expected.kaggle) << row.run;
  }
}

}  // namespace
