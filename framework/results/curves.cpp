#include "results/curves.hpp"

#include <cstdint>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aviary::results {
namespace {

using nlohmann::ordered_json;

constexpr const char* scored[] = {"train", "validation", "ema"};
constexpr const char* spent_on[] = {"data", "forward", "backward", "optimizer", "validation"};

ordered_json number_or_null(const ordered_json& object, const std::string& key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? *found : ordered_json();
}

ordered_json no_curves() {
  ordered_json curves = {{"epochs", 0}, {"state", "training"}};
  for (const char* const list : {"epoch", "learning_rate", "best", "seconds", "images_per_second"})
    curves[list] = ordered_json::array();
  for (const char* const part : scored) curves[part] = {{"loss", ordered_json::array()}, {"top1", ordered_json::array()}};
  for (const char* const part : spent_on) curves["spent"][part] = ordered_json::array();
  curves["test"] = nullptr;
  curves["swa"] = nullptr;
  curves["notices"] = ordered_json::array();
  return curves;
}

void add_epoch(const ordered_json& event, ordered_json& curves) {
  curves["epoch"].push_back(event.value("epoch", std::int64_t{0}) + 1);
  for (const char* const key : {"learning_rate", "seconds", "images_per_second"})
    curves[key].push_back(number_or_null(event, key));
  curves["best"].push_back(event.value("best", false));
  for (const char* const part : scored)
    for (const char* const score : {"loss", "top1"})
      curves[part][score].push_back(event.contains(part) ? number_or_null(event[part], score) : ordered_json());
  for (const char* const part : spent_on)
    curves["spent"][part].push_back(number_or_null(event, fmt::format("{}_seconds", part)));
}

std::string phase_label(const ordered_json& phase) {
  const ordered_json augment = phase.value("augment", ordered_json(true));
  const std::string pattern = phase.value("pattern", "A");
  std::string label = "augmented";
  if (augment == false || augment == 0 || augment.empty() || pattern.find('A') == std::string::npos)
    label = "plain";
  else if (augment.is_number() && augment != 1)
    label = fmt::format("augmented × {}", augment.get<double>());
  else if (augment.is_array())
    label = "own augmentations";
  if (label != "plain" && pattern != "A") label += ", " + pattern;
  if (const double share = phase.value("epoch_fraction", 1.0); share != 1)
    label += fmt::format(", {:g} % of data", 100 * share);
  return label;
}

}  // namespace

ordered_json curves_of(std::istream& events) {
  ordered_json curves = no_curves();
  for (std::string line; std::getline(events, line);) {
    const auto event = ordered_json::parse(line, nullptr, false);
    const std::string name = event.is_object() ? event.value("event", "") : "";
    if (name.empty()) continue;
    curves["state"] = name == "ended" ? event.value("reason", "") : "training";
    if (name == "started" || name == "epoch") curves["epochs"] = event.value("epochs", std::int64_t{0});
    if (name == "epoch") add_epoch(event, curves);
    if (name == "notice") curves["notices"].push_back(event.value("text", ""));
    if (name == "ended")
      for (const char* const part : {"test", "swa"}) curves[part] = event.contains(part) ? event[part] : ordered_json();
  }
  return curves;
}

ordered_json phases_of(const ordered_json& recipe) {
  auto phases = ordered_json::array();
  if (!recipe.contains("curriculum") || recipe["curriculum"].size() < 2) return phases;
  const std::int64_t epochs = recipe.value(ordered_json::json_pointer("/training/epochs"), std::int64_t{0});
  std::int64_t before = 0;
  for (const ordered_json& phase : recipe["curriculum"]) {
    const std::int64_t last = phase.contains("epochs") ? before + phase["epochs"].get<std::int64_t>() : epochs;
    phases.push_back({{"from", before + 1}, {"to", last}, {"label", phase_label(phase)}});
    before = last;
  }
  return phases;
}

ordered_json read_curves(const RunFolder& run) {
  std::ifstream events(run.events_file());
  ordered_json curves = curves_of(events);
  std::ifstream stream(run.environment_file());
  const auto environment = ordered_json::parse(stream, nullptr, false);
  curves["phases"] =
      environment.is_object() && environment.contains("recipe") ? phases_of(environment["recipe"]) : ordered_json::array();
  return curves;
}

}  // namespace aviary::results
