#include "board/runs.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "board/held_locks.hpp"
#include "framework/weights/scratch_folder.hpp"

namespace {

namespace fs = std::filesystem;
using aviary::board::list_runs;
using aviary::board::Listing;
using Runs = std::vector<aviary::board::Run>;
using aviary::board::State;
using aviary::test::put_bytes;
using testing::ElementsAre;

struct BoardRuns : testing::Test {
  // A run that has finished 2 epochs of 2, with this validation top-1.
  fs::path add(const std::string& name, double validation, const std::string& environment = R"({"name":"plain"})") {
    fs::path run = folder / name;
    fs::create_directories(run);
    put_bytes(run / "recipe.toml", "");
    put_bytes(run / "environment.json", environment);
    const std::string top1 = std::to_string(validation);
    put_bytes(run / "events.jsonl", R"({"event":"started","time":"2026-11-0)" + std::to_string(++count) +
                                        R"(T10:00:00.000Z","epochs":2,"parameters":70000}
{"event":"epoch","epoch":0,"epochs":2,"train":{"loss":1.5,"top1":0.25,"pictures":8},"validation":{"loss":1,"top1":)" +
                                        top1 +
                                        R"(,"pictures":4},"best":true,"seconds":1.5}
{"event":"epoch","epoch":1,"epochs":2,"train":{"loss":null,"top1":0.5,"pictures":8},"validation":{"loss":2,"top1":0.0,"pictures":4},"best":false,"seconds":2}
{"event":"ended","reason":"finished","epoch":2,"test":{"loss":1,"top1":0.75,"pictures":4}}
)");
    return run;
  }

  static std::vector<std::string> names(const Runs& runs) {
    std::vector<std::string> all;
    for (const aviary::board::Run& run : runs) all.push_back(run.name);
    return all;
  }

  aviary::test::ScratchFolder folder;
  int count = 0;
};

TEST_F(BoardRuns, TellsWhatARunCameTo) {
  add("a/1", 0.625, R"({"name":"net/attempt-2","parent":{"recipe":"net/attempt-1"},
      "recipe":{"provenance":{"published":{"validation":0.9,"kaggle":0.95}}}})");
  const nlohmann::ordered_json run = to_json(list_runs(folder.path()).runs.at(0));
  EXPECT_EQ(run.dump(),
            R"({"run":"a/1","recipe":"net/attempt-2","state":"finished","epochs":2,"of":2,"parameters":70000,"seconds":3.5,)"
            R"("started":"2026-11-01T10:00:00.000Z","train":0.25,"validation":0.625,"ema":null,"test":0.75,)"
            R"("published":{"train":null,"validation":0.9,"test":null,"kaggle":0.95},"kaggle":null,)"
            R"("parent":"net/attempt-1","origin":null,"report":false})");
}

TEST_F(BoardRuns, RanksTheBestFirstAndWhatLacksItLast) {
  add("worse", 0.5);
  add("best", 0.75);
  add("like-best", 0.75);
  fs::create_directories(folder / "begun");
  put_bytes(folder / "begun/recipe.toml", "");
  put_bytes(folder / "begun/environment.json", "{}");
  Runs runs = list_runs(folder.path()).runs;
  aviary::board::rank(runs, "validation");
  EXPECT_THAT(names(runs), ElementsAre("best", "like-best", "worse", "begun"));
  aviary::board::rank(runs, "started");
  EXPECT_THAT(names(runs), ElementsAre("like-best", "best", "worse", "begun"));
  EXPECT_EQ(runs.back().state, State::not_begun);
}

TEST_F(BoardRuns, FiltersByNameAndRecipeWhateverTheirLetters) {
  add("resnet/1", 0.5);
  add("other/2", 0.5, R"({"name":"ResNet/strategy-2"})");
  add("other/3", 0.5);
  Runs runs = list_runs(folder.path()).runs;
  aviary::board::filter(runs, "RESnet");
  EXPECT_THAT(names(runs), ElementsAre("other/2", "resnet/1"));
}

TEST_F(BoardRuns, ShowsBrokenRunsWithWhatIsLeft) {
  const fs::path torn = add("a-torn", 0.5);
  put_bytes(torn / "events.jsonl", aviary::test::bytes_of(torn / "events.jsonl") + "{\"event\":\"ep");
  put_bytes(add("b-damaged", 0.5) / "environment.json", "{\"name\":");
  fs::remove(add("c-half", 0.5) / "recipe.toml");
  add("d-newer", 0.5, R"({"name":"plain","versions":{"aviary":"99.1.0"}})");
  const Listing listing = list_runs(folder.path());
  EXPECT_THAT(names(listing.runs), ElementsAre("a-torn", "b-damaged", "c-half", "d-newer"));
  for (const aviary::board::Run& run : listing.runs) EXPECT_EQ(run.result.epochs, 2);
  EXPECT_EQ(listing.runs[0].state, State::stopped);
  const std::string root = folder.path().string();
  EXPECT_THAT(listing.notices,
              ElementsAre(root + "/b-damaged/environment.json is damaged or missing; the run is shown with what is left",
                          root + "/c-half/recipe.toml is missing; the run is shown with what is left",
                          root + "/d-newer was made by aviary 99.1.0, which is newer than this one; it is shown as far as it "
                                 "is understood"));
}

TEST_F(BoardRuns, FollowsNoLinks) {
  const aviary::test::ScratchFolder elsewhere;
  fs::create_directories(elsewhere / "run");
  put_bytes(elsewhere / "run/recipe.toml", "");
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  add("own", 0.5);
  EXPECT_THAT(names(list_runs(folder.path()).runs), ElementsAre("own"));
}

TEST_F(BoardRuns, NamesTheRunThatOneWasForkedFromAndItsRecordedScore) {
  const fs::path first = add("first", 0.5);
  add("second", 0.5, R"({"name":"plain","origin":[{"checkpoint":")" + (first / "checkpoints/epoch-0002").string() + R"("}]})");
  put_bytes(folder / "leaderboard.csv", "run,train,validation,test,kaggle\n" + first.string() + ",,,,0.875\n");
  const Runs runs = list_runs(folder.path()).runs;
  EXPECT_EQ(runs[1].origin, "first");
  EXPECT_EQ(runs[0].kaggle, 0.875);
  EXPECT_FALSE(runs[1].kaggle);
}

TEST_F(BoardRuns, KnowsWhichOneIsBeingTrained) {
  const fs::path run = add("run", 0.5);
  put_bytes(run / "events.jsonl", R"({"event":"started","epochs":2,"parameters":7}
)");
  {
    const auto lock = aviary::results::RunFolder::at(run).lock();
    EXPECT_EQ(list_runs(folder.path()).runs[0].state, State::training);
  }
  EXPECT_EQ(list_runs(folder.path()).runs[0].state, State::not_begun);
}

TEST_F(BoardRuns, RefusesWhatIsNoFolder) {
  EXPECT_EQ(aviary::test::message_of<aviary::Error>([&] { list_runs(folder / "nothing"); }),
            (folder / "nothing").string() + " is no folder; expected one with runs, such as runs/");
}

}  // namespace
