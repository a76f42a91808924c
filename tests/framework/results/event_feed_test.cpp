#include "results/event_feed.hpp"

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "results/event_log.hpp"

namespace {

using namespace aviary::results;
using aviary::test::ScratchFolder;
using nlohmann::ordered_json;

std::mutex writing;  // each sink has a thread of its own
std::vector<std::string> written;

struct Sink final : aviary::EventSink {
  explicit Sink(aviary::NoParams) {}
  void write(const std::string& event) override {
    if (event.find("unwelcome") != std::string::npos) throw aviary::Error("that is unwelcome");
    const std::lock_guard lock(writing);
    written.push_back(event);
  }
};

constexpr aviary::Component component = aviary::detail::component<aviary::EventSink, Sink, aviary::NoParams>("nest", "");

struct EventFeedTest : testing::Test {
  EventFeedTest() {
    written.clear();
    recipe.resolved.value = aviary::recipe::Table{{{"seed", {}, {{}, std::int64_t{7}}}}};
    aviary::recipe::ComponentRecipe sink;
    sink.component = &component;
    sink.callee = {"sink nest", "nest.so"};
    recipe.sinks = {sink, sink};
  }

  ScratchFolder folder;
  RunFolder run = RunFolder::create(folder / "run");
  aviary::recipe::Recipe recipe;
  std::vector<std::string> told;
};

TEST_F(EventFeedTest, GivesEverySinkWhatTheEventLogHasAndMore) {
  recipe.sinks.pop_back();
  EventFeed feed(recipe, run, {});
  EventLog log(run);
  for (Listener* const listener : std::vector<Listener*>{&feed, &log}) {
    listener->started({"tiny", 0, 50, 1234, 60000, 10000, 10, 2, 3});
    listener->epoch_done({0, 50, 0.1, {0.25, 0.5, 7}, Scores{0.5, 0.75, 9}, {}, false, 1, 7, {}});
    listener->notice({"h\xe9ron.jpg is no picture"});
    listener->ended({RunEnded::Reason::finished, 1, 9, Scores{0.25, 0.5, 7}, {}});
  }
  EXPECT_EQ(feed.finish(), std::vector<std::string>());
  std::istringstream lines(aviary::test::bytes_of(run.events_file()));
  ASSERT_EQ(written.size(), 4);
  for (const std::string& event : written) {
    std::string line;
    std::getline(lines, line);
    ordered_json expected = ordered_json::parse(line);
    expected["run"] = (folder / "run").string();
    if (expected["event"] == "started") expected["recipe_toml"] = "seed = 7\n";
    ordered_json given = ordered_json::parse(event);
    given["time"] = expected["time"];
    EXPECT_EQ(nlohmann::json(given), nlohmann::json(expected));
  }
}

TEST_F(EventFeedTest, TellsOfEverySinkThatFailsAndWhatItLost) {
  EventFeed feed(recipe, run, [&](const std::string& sentence) { told.push_back(sentence); });
  feed.notice({"unwelcome"});
  while (told.size() < 2) feed.notice({"fine"});
  EXPECT_EQ(told, std::vector(2, std::string("sink nest (nest.so): that is unwelcome; the training goes on")));
  feed.failed("unwelcome too");
  const std::vector<std::string> lost = feed.finish();
  ASSERT_EQ(lost.size(), 2);
  for (const std::string& sentence : lost) EXPECT_TRUE(sentence.ends_with(" events: 2 failed")) << sentence;
}

}  // namespace
