#include "search/parts.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::search::deal;
using aviary::search::gather;
using aviary::search::Gathered;
using aviary::search::Trial;
using aviary::search::Trials;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> states_of(const std::vector<Trial>& trials) {
  std::vector<std::string> states;
  for (const Trial& trial : trials) states.push_back(trial.state);
  return states;
}

TEST(Deal, TakesTurnsThatMoreTrialsDoNotChange) {
  std::vector<Trial> few = {{.id = 1}, {.id = 2}, {.id = 3}};
  std::vector<Trial> more = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
  EXPECT_EQ(deal(few, 1, 2), 3);
  deal(more, 1, 2);
  EXPECT_THAT(states_of(few), ElementsAre("elsewhere", "waiting", "elsewhere"));
  EXPECT_EQ(few[2].note, "worker 0 of 2");
  EXPECT_THAT(states_of(more), ElementsAre("elsewhere", "waiting", "elsewhere", "waiting"));
}

TEST(Deal, KeepsACommonBeginningWithWhatGoesOnFromIt) {
  std::vector<Trial> trials = {{.id = 1, .beginning = true, .end = 2},
                               {.id = 2, .beginning = true, .after = 1, .end = 4},
                               {.id = 3, .after = 2},
                               {.id = 4, .after = 1},
                               {.id = 5}};
  EXPECT_EQ(deal(trials, 1, 2), 2);
  EXPECT_THAT(states_of(trials), ElementsAre("elsewhere", "elsewhere", "elsewhere", "elsewhere", "waiting"));
}

TEST(Deal, CountsNoTurnForWhatIsPassedOver) {
  std::vector<Trial> trials = {{.id = 1}, {.id = 2, .state = "skipped"}, {.id = 3}};
  deal(trials, 0, 2);
  EXPECT_THAT(states_of(trials), ElementsAre("waiting", "skipped", "elsewhere"));
}

struct PartsTest : testing::Test {
  static aviary::recipe::Entry value(const std::string& key, const std::string& text) {
    return {key, {"s.toml", 3, 1}, {{"s.toml", 3, 8}, text}};
  }

  // The folder of a worker that has trained its share, with these scores.
  std::string part(std::int64_t worker, std::int64_t workers, const std::vector<double>& scores) const {
    std::vector<Trial> trials = {{.id = 1, .seed = 7}, {.id = 2, .seed = 8}, {.id = 3, .seed = 9}};
    deal(trials, worker, workers);
    const std::filesystem::path path = folder / ("worker-" + std::to_string(worker) + "-of-" + std::to_string(workers));
    std::filesystem::create_directories(path);
    std::vector<aviary::recipe::Entry> own = written;
    own.push_back(value("--worker", std::to_string(worker)));
    own.push_back(value("--workers", std::to_string(workers)));
    Trials here(path, own, trials, {});
    for (const double score : scores) here.record(*here.claim(), score, true);
    return path.string();
  }

  std::string refusal(const std::string& one, const std::string& other) const {
    return aviary::test::message_of<aviary::Error>([&] { gather({one, other}, written); });
  }

  aviary::test::ScratchFolder folder;
  std::vector<aviary::recipe::Entry> written = {value("space.lr", "[0.1, 0.2]")};
};

TEST_F(PartsTest, EachTrialIsAsThePartHasItThatTrainedIt) {
  const std::string zero = part(0, 2, {0.125});
  const std::string one = part(1, 2, {0.5});
  const std::vector<Gathered> all = gather({zero, one}, written);
  ASSERT_EQ(all.size(), 3);
  EXPECT_EQ(all[0].trial.score, 0.125);
  EXPECT_EQ(all[0].part, zero);
  EXPECT_EQ(all[1].trial.score, 0.5);
  EXPECT_EQ(all[1].part, one);
  EXPECT_EQ(all[1].trial.seed, 8);
  EXPECT_EQ(all[2].trial.state, "waiting");
  EXPECT_EQ(all[2].part, zero);
  EXPECT_EQ(gather({zero}, written)[1].trial.note, "worker 1 of 2") << "whose part is missing";
}

TEST_F(PartsTest, ATrialThatTwoHaveTrainedMustHaveOneResult) {
  const std::string one = part(0, 2, {0.125, 0.75});
  EXPECT_EQ(gather({one, part(0, 3, {0.125})}, written)[0].part, one);
  const std::string other = part(0, 1, {0.125, 0.5, 0.625});
  EXPECT_EQ(refusal(one, other), "trial 3 came to 0.75 in " + one + ", and to 0.625 in " + other +
                                     "; expected one result: leave one of the folders out");
}

TEST_F(PartsTest, PartsOfOtherSweepsAreRefused) {
  const std::string zero = part(0, 2, {});
  written.front() = value("space.lr", "[0.1, 0.3]");
  EXPECT_THAT(refusal(zero, zero),
              HasSubstr("s.toml:3:8: space.lr is [0.1, 0.3], and was [0.1, 0.2] in " + zero + "; expected parts of one sweep"));
  const std::string planned_otherwise = (folder / "other").string();
  std::filesystem::create_directories(planned_otherwise);
  written.front() = value("space.lr", "[0.1, 0.2]");
  Trials(planned_otherwise, written, {{.id = 1, .seed = 3}}, {});
  EXPECT_THAT(refusal(zero, planned_otherwise), HasSubstr("trial 1 is point 1 with seed 7 in " + zero +
                                                          ", and point 1 with "
                                                          "seed 3 in " +
                                                          planned_otherwise));
}

TEST_F(PartsTest, APartOpenedAsAWholeSweepIsRefused) {
  const std::string zero = part(0, 2, {});
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] { Trials(zero, written, {}, {}); }),
              HasSubstr("--worker was 0, and is gone"));
}

TEST_F(PartsTest, AreFoundByTheirOwnNameOrByTheFolderAbove) {
  const std::string zero = part(0, 2, {});
  const std::string one = part(1, 2, {});
  EXPECT_THAT(aviary::search::find_parts({one, zero}), ElementsAre(one, zero));
  EXPECT_THAT(aviary::search::find_parts({folder.path().string()}), ElementsAre(zero, one));
  const auto refused = [](const std::string& path) {
    return aviary::test::message_of<aviary::Error>([&] { aviary::search::find_parts({path}); });
  };
  std::filesystem::create_directories(folder / "empty");
  EXPECT_THAT(refused((folder / "empty").string()), HasSubstr("neither this folder nor one in it has a sweep.db"));
  EXPECT_THAT(refused((folder / "nowhere").string()), HasSubstr("there is no such folder"));
}

TEST_F(PartsTest, ARunIsCopiedInPlaceOfABegunOne) {
  std::filesystem::create_directories(folder / "from/checkpoints/epoch-0001");
  aviary::test::put_bytes(folder / "from/recipe.toml", "whole");
  std::filesystem::create_directory_symlink("epoch-0001", folder / "from/checkpoints/last");
  std::filesystem::create_directories(folder / "to");
  aviary::test::put_bytes(folder / "to/events.jsonl", "begun");
  std::filesystem::create_directories(folder / ".to/left");  // of a copy that was killed
  aviary::search::copy_run(folder / "from", folder / "to");
  EXPECT_EQ(aviary::test::bytes_of(folder / "to/recipe.toml"), "whole");
  EXPECT_EQ(std::filesystem::read_symlink(folder / "to/checkpoints/last"), "epoch-0001");
  EXPECT_FALSE(std::filesystem::exists(folder / "to/events.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(folder / ".to"));
}

TEST_F(PartsTest, WhatHasLostItsRunIsNotCopied) {
  std::filesystem::create_directories(folder / "to");
  EXPECT_THAT(aviary::test::message_of<aviary::Error>([&] { aviary::search::copy_run(folder / "from", folder / "to"); }),
              HasSubstr("from does not exist; expected the folder of a run"));
  EXPECT_TRUE(std::filesystem::exists(folder / "to"));
}

}  // namespace
