#include "results/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/training/tiny.hpp"
#include "results/pages.hpp"

namespace {

using aviary::results::Report;
using aviary::results::RunFolder;
using aviary::test::bytes_of;
using testing::ElementsAre;
using testing::HasSubstr;

struct ReportTest : aviary::test::Tiny {
  void SetUp() override {
    if (!aviary::results::has_pages()) GTEST_SKIP() << "built without npm";
  }

  /// Trains with a report that shows `samples`.
  std::string report_of(const RunFolder& run, const std::function<std::vector<std::vector<aviary::results::Tile>>()>& samples) {
    aviary::training::Experiment experiment(recipe({"training.epochs=2"}));
    aviary::results::EventLog log(run);
    Report report(run, {experiment.recipe(), experiment.dataset, *experiment.learner.model, samples},
                  [&](const std::string& sentence) { complaints_.push_back(sentence); });
    const std::atomic<bool> stop = false;
    aviary::training::Trainer(experiment, run, &log, {}, stop, {&report}).run({});
    return std::filesystem::is_regular_file(run.path() / "report.html") ? bytes_of(run.path() / "report.html") : "";
  }

  std::vector<std::string> complaints_;
};

TEST_F(ReportTest, ShowsAllEpochsAndHowTheRunEnded) {
  const std::string page =
      report_of(RunFolder::create(folder_ / "run"), [] { return std::vector<std::vector<aviary::results::Tile>>(); });
  EXPECT_THAT(page, HasSubstr(R"("epoch":[1,2])"));
  EXPECT_THAT(page, HasSubstr(R"("state":"finished")"));
  EXPECT_THAT(page, HasSubstr(R"("pictures":12)")) << "the validation part's";
  EXPECT_THAT(complaints_, testing::IsEmpty());
}

TEST_F(ReportTest, SaysWhyAPartIsMissing) {
  EXPECT_THAT(report_of(RunFolder::create(folder_ / "run"),
                        []() -> std::vector<std::vector<aviary::results::Tile>> {
                          throw aviary::Error("the plugin augments nothing today");
                        }),
              HasSubstr(R"({"missing":"the plugin augments nothing today"})"));
}

TEST_F(ReportTest, ThatCannotBeWrittenIsToldAtTheEndOfTheTraining) {
  const RunFolder run = RunFolder::create(folder_ / "run");
  std::filesystem::create_directory(run.path() / "report.html");
  report_of(run, [] { return std::vector<std::vector<aviary::results::Tile>>(); });
  EXPECT_THAT(complaints_, ElementsAre(HasSubstr("report.html was not written: ")));
  EXPECT_TRUE(std::filesystem::exists(run.checkpoints() / "epoch-0002"));
}

}  // namespace
