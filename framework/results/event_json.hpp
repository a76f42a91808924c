// What the trainer tells, as JSON: the objects of events.jsonl, which event sinks get too. From any thread. Keys are added
// later, never renamed; <aviary/event_sink.hpp> lists them.
#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "results/events.hpp"

namespace aviary::results {

nlohmann::ordered_json to_json(const Scores& scores);

/// Without its time.
nlohmann::ordered_json to_json(const RunStarted& event);
nlohmann::ordered_json to_json(const EpochDone& event);
nlohmann::ordered_json to_json(const Notice& event);
nlohmann::ordered_json to_json(const RunEnded& event);

/// The event in one line, its time behind its name.
std::string event_line(const nlohmann::ordered_json& event, std::chrono::system_clock::time_point time);

}  // namespace aviary::results
