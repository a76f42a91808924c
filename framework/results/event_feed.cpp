#include "results/event_feed.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "results/event_json.hpp"

namespace aviary::results {

using nlohmann::ordered_json;

EventFeed::EventFeed(const recipe::Recipe& recipe, const RunFolder& run, std::function<void(const std::string&)> tell)
    : run_(std::filesystem::absolute(run.path()).lexically_normal().string()),
      recipe_(recipe::to_toml(recipe.resolved, false)),
      tell_(std::move(tell)) {
  for (const recipe::ComponentRecipe& sink : recipe.sinks) sinks_.emplace_back(recipe::make<EventSink>(sink, {}), sink.callee);
}

std::string EventFeed::line(ordered_json event) const {
  ordered_json named = {{"event", event.at("event")}, {"run", run_}};
  named.update(event);
  return event_line(named, std::chrono::system_clock::now());
}

void EventFeed::give(const ordered_json& event) {
  const std::string text = line(event);
  for (SinkThread& sink : sinks_) {
    sink.give(text);
    if (const std::optional<std::string> failure = sink.failure()) tell_(*failure + "; the training goes on");
  }
}

void EventFeed::give_last(const ordered_json& event) {
  const std::string text = line(event);
  for (SinkThread& sink : sinks_) sink.give_last(text);
}

void EventFeed::started(const RunStarted& event) {
  ordered_json json = to_json(event);
  json["recipe_toml"] = recipe_;
  give(json);
}

void EventFeed::epoch_done(const EpochDone& event) { give(to_json(event)); }
void EventFeed::notice(const Notice& event) { give(to_json(event)); }
void EventFeed::ended(const RunEnded& event) { give_last(to_json(event)); }
void EventFeed::failed(const std::string& text) { give_last({{"event", "ended"}, {"reason", "failed"}, {"text", text}}); }

std::vector<std::string> EventFeed::finish() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  std::vector<std::string> sentences;
  for (SinkThread& sink : sinks_) {
    sink.wait(deadline);
    for (const std::optional<std::string>& sentence : {sink.failure(), sink.loss()})
      if (sentence) sentences.push_back(*sentence);
  }
  return sentences;
}

}  // namespace aviary::results
