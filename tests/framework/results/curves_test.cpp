#include "results/curves.hpp"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "results/event_log.hpp"

namespace {

using aviary::results::curves_of;
using aviary::results::EpochDone;
using aviary::results::EventLog;
using aviary::results::phases_of;
using aviary::results::read_curves;
using aviary::results::RunEnded;
using aviary::results::RunFolder;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using nlohmann::ordered_json;

EpochDone epoch(std::int64_t number, double loss, bool best) {
  EpochDone event;
  event.epoch = number;
  event.epochs = 3;
  event.learning_rate = 0.5;
  event.train = {loss, 0.25, 8};
  event.validation = {{loss, 0.75, 4}};
  event.best = best;
  event.seconds = 4;
  event.images_per_second = 2;
  event.spent = {0.5, 1, 1.5, 0.25, 0.75};
  return event;
}

TEST(Curves, AreListsOverTheEpochs) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  put_bytes(run.environment_file(), R"({"recipe": {"training": {"epochs": 3}}})");
  EventLog log(run);
  log.started({"tiny", 0, 3, 1234, 8, 4, 10, 2, 3});
  log.epoch_done(epoch(0, 2, true));
  EpochDone diverged = epoch(1, std::nan(""), false);
  diverged.ema = {{1, 0.5, 4}};
  log.epoch_done(diverged);
  log.notice({"a picture was left out"});
  log.ended({.reason = RunEnded::Reason::interrupted, .epoch = 2, .seconds = 8, .test = {{0.5, 0.5, 7}}, .swa = {}});
  EXPECT_EQ(read_curves(run), ordered_json::parse(R"({
    "epochs": 3, "state": "interrupted",
    "epoch": [1, 2], "learning_rate": [0.5, 0.5], "best": [true, false], "seconds": [4.0, 4.0], "images_per_second": [2.0, 2.0],
    "train": {"loss": [2.0, null], "top1": [0.25, 0.25]},
    "validation": {"loss": [2.0, null], "top1": [0.75, 0.75]},
    "ema": {"loss": [null, 1.0], "top1": [null, 0.5]},
    "spent": {"data": [0.5, 0.5], "forward": [1.0, 1.0], "backward": [1.5, 1.5], "optimizer": [0.25, 0.25],
              "validation": [0.75, 0.75]},
    "test": {"loss": 0.5, "top1": 0.5, "pictures": 7}, "swa": null,
    "notices": ["a picture was left out"], "phases": []})"));
}

TEST(Curves, OfARunThatIsBeingWritten) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  EXPECT_EQ(read_curves(run)["epoch"], ordered_json::array()) << "no file yet";
  std::istringstream cut("{\"event\":\"started\",\"epochs\":5}\n{\"event\":\"epoch\",\"epoch\":0,\"epo");
  const ordered_json curves = curves_of(cut);
  EXPECT_EQ(curves["epochs"], 5);
  EXPECT_EQ(curves["state"], "training");
  EXPECT_EQ(curves["epoch"], ordered_json::array());
}

// What versions before these were measured wrote.
TEST(Curves, OfARunWithoutWhatTimeWasSpentOn) {
  std::istringstream events(R"({"event":"epoch","epoch":0,"epochs":2,"train":{"loss":1,"top1":0.5},"seconds":3})");
  EXPECT_EQ(curves_of(events)["spent"]["forward"], ordered_json::parse("[null]"));
}

TEST(Phases, SayWhatTheirEpochsSee) {
  EXPECT_EQ(phases_of(ordered_json::parse(R"({"training": {"epochs": 60}, "curriculum": [
              {"epochs": 20, "augment": false},
              {"epochs": 10, "augment": 0.5, "pattern": "AP"},
              {"epochs": 10, "augment": [{"type": "flip"}]},
              {"augment": true, "epoch_fraction": 0.25}]})")),
            ordered_json::parse(R"([{"from": 1, "to": 20, "label": "plain"},
                                    {"from": 21, "to": 30, "label": "augmented × 0.5, AP"},
                                    {"from": 31, "to": 40, "label": "own augmentations"},
                                    {"from": 41, "to": 60, "label": "augmented, 25 % of data"}])"));
  EXPECT_EQ(phases_of(ordered_json::parse(R"({"training": {"epochs": 5}})")), ordered_json::array());
}

}  // namespace
