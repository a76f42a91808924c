#include "results/run_result.hpp"

#include <cmath>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace aviary::results {
namespace {

std::optional<Scores> scores_of(const nlohmann::json& event, const char* part) {
  const auto found = event.find(part);
  if (found == event.end() || !found->is_object()) return std::nullopt;
  const nlohmann::json& loss = found->at("loss");
  return Scores{loss.is_number() ? loss.get<double>() : std::nan(""),  // JSON has no NaN
                found->value("top1", 0.0), found->value("pictures", std::int64_t{0})};
}

}  // namespace

RunResult read_result(const RunFolder& run) {
  RunResult result;
  std::ifstream stream(run.events_file());
  for (std::string line; std::getline(stream, line);) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    const std::string name = event.is_object() ? event.value("event", "") : "";
    result.finished = name == "ended" && event.value("reason", "") == "finished";
    if (name == "started") result.parameters = event.value("parameters", std::int64_t{0});
    if (name == "epoch") {
      result.epochs = event.value("epoch", std::int64_t{0}) + 1;
      result.seconds += event.value("seconds", 0.0);
      result.train = scores_of(event, "train");
      if (event.value("best", false)) {
        result.best_train = result.train;
        result.validation = scores_of(event, "validation");
        result.ema = scores_of(event, "ema");
      }
    }
    if (name == "ended") result.test = scores_of(event, "test");
  }
  return result;
}

}  // namespace aviary::results
