#include "results/run_result.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <simdjson.h>

namespace aviary::results {
namespace {

using simdjson::dom::element;

std::optional<double> number(const element& object, const char* key) {
  double value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::int64_t whole(const element& object, const char* key) {
  std::int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

std::string_view text(const element& object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? value : std::string_view();
}

std::optional<Scores> scores_of(const element& event, const char* part) {
  element scores;
  if (event[part].get(scores) != simdjson::SUCCESS || !scores.is_object()) return std::nullopt;
  return Scores{number(scores, "loss").value_or(std::nan("")),  // JSON has no NaN
                number(scores, "top1").value_or(0), whole(scores, "pictures")};
}

void take_epoch(const element& event, RunResult& result) {
  result.epochs = whole(event, "epoch") + 1;
  result.of = whole(event, "epochs");
  result.seconds += number(event, "seconds").value_or(0);
  result.train = scores_of(event, "train");
  bool best = false;
  if (event["best"].get(best) != simdjson::SUCCESS || !best) return;
  result.best_train = result.train;
  result.validation = scores_of(event, "validation");
  result.ema = scores_of(event, "ema");
}

void take(const element& event, RunResult& result) {
  const std::string_view name = text(event, "event");
  result.finished = name == "ended" && text(event, "reason") == "finished";
  if (name == "started") {
    result.started = text(event, "time");
    result.parameters = whole(event, "parameters");
    result.of = whole(event, "epochs");
  }
  if (name == "epoch") take_epoch(event, result);
  if (name == "ended") result.test = scores_of(event, "test");
}

}  // namespace

RunResult read_result(const RunFolder& run) {
  RunResult result;
  simdjson::padded_string events;
  if (simdjson::padded_string::load(run.events_file().string()).get(events) != simdjson::SUCCESS) return result;
  simdjson::dom::parser parser;
  std::string_view left(events);
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    element event;
    // What follows a line, or the padding behind the last one, is what the parser may look at.
    const bool whole_line = parser.parse(line.data(), line.size(), false).get(event) == simdjson::SUCCESS && event.is_object();
    if (whole_line)
      take(event, result);
    else
      result.finished = false;
    left.remove_prefix(std::min(left.size(), line.size() + 1));
  }
  return result;
}

}  // namespace aviary::results
