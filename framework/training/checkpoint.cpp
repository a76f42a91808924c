#include "training/checkpoint.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "recipe/json.hpp"
#include "weights/model_state.hpp"
#include "weights/safetensors.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace aviary::training {
namespace {

constexpr int format = 1;

void compare_classes(const json& theirs, const std::vector<std::string>& ours, const fs::path& file) {
  if (theirs.size() != ours.size())
    throw Error(fmt::format("{} was trained for {} classes; the data has {}", file.string(), theirs.size(), ours.size()));
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (theirs[i] != ours[i])
      throw Error(
          fmt::format("{} was trained with class {} = {}; in the data it is \"{}\"; take the data it was trained on, or "
                      "give its order in data.class_names",
                      file.string(), i, theirs[i].dump(), ours[i]));
}

// What the model is made of; where it started from is no part of it.
nlohmann::ordered_json model_settings(const recipe::Recipe& recipe) {
  nlohmann::ordered_json settings = recipe::to_json(recipe.resolved.table()->find("model")->node);
  for (const char* const key : {"weights", "freeze", "lr_factors"}) settings.erase(key);
  return settings;
}

std::map<std::string, std::string> metadata_of(const Experiment& experiment) {
  return {{"classes", json(experiment.dataset.classes).dump()},
          {"preparation", experiment.preparation.to_json().dump()},
          {"model", model_settings(experiment.recipe()).dump()}};
}

constexpr const char* updates_key = "updates";

void save_average(const fs::path& file, const WeightAverage& average, std::map<std::string, std::string> metadata) {
  metadata[updates_key] = std::to_string(average.updates);
  weights::save_safetensors(file, {average.state(), metadata});
}

// A recipe that asked for no such average has none in its checkpoints: it begins at that moment.
void load_average(const fs::path& file, WeightAverage& average, const Model& model) {
  if (!fs::exists(file)) {
    average = WeightAverage(model);
    return;
  }
  const weights::Tensors saved = weights::load_safetensors(file);
  weights::restore(saved.tensors, average.state(), file, "the recipe's model");
  const auto updates = saved.metadata.find(updates_key);
  if (updates == saved.metadata.end()) throw Error(fmt::format("{} does not say how often it was updated", file.string()));
  average.updates = std::strtoll(updates->second.c_str(), nullptr, 10);
}

json to_json(const Position& position) {
  return {{"format", format},
          {"epoch", position.epoch},
          {"batch", position.batch},
          {"loss_sum", position.loss_sum},
          {"correct", position.correct},
          {"pictures", position.pictures},
          {"history", position.history},
          {"watched", position.watched},
          {"best", position.best ? json(*position.best) : json()},
          {"events_bytes", position.events_bytes},
          {"metrics_bytes", position.metrics_bytes}};
}

Position read_position(const fs::path& file) {
  std::ifstream stream(file);
  try {
    const json state = json::parse(stream);
    if (state.at("format") != format)
      throw Error(fmt::format("{} has format {}; this aviary reads format {}: use the aviary that wrote it", file.string(),
                              state.at("format").dump(), format));
    Position position;
    state.at("epoch").get_to(position.epoch);
    state.at("batch").get_to(position.batch);
    state.at("loss_sum").get_to(position.loss_sum);
    state.at("correct").get_to(position.correct);
    state.at("pictures").get_to(position.pictures);
    state.at("history").get_to(position.history);
    state.at("watched").get_to(position.watched);
    if (!state.at("best").is_null()) position.best = state.at("best").get<std::int64_t>();
    state.at("events_bytes").get_to(position.events_bytes);
    state.at("metrics_bytes").get_to(position.metrics_bytes);
    return position;
  } catch (const json::exception& error) {
    throw Error(fmt::format("{} is damaged or missing; go on from another checkpoint", file.string()), Fault::work,
                error.what());
  }
}

}  // namespace

void save_checkpoint(const fs::path& folder, const Experiment& experiment, const Position& position) {
  const fs::path temporary = folder.parent_path() / ("." + folder.filename().string() + ".part");
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  const std::map<std::string, std::string> metadata = metadata_of(experiment);
  const Learner& learner = experiment.learner;
  save_weights(temporary / "model.safetensors", experiment);
  weights::save_safetensors(temporary / "optimizer.safetensors", {learner.optimizer->state(), {}});
  if (learner.ema) save_average(temporary / "ema.safetensors", *learner.ema, metadata);
  if (learner.swa) save_average(temporary / "swa.safetensors", *learner.swa, metadata);
  const std::string state = to_json(position).dump(2) + "\n";
  weights::write_whole_file(temporary / "state.json", std::array{std::string_view(state)});
  weights::sync_folder(temporary);
  fs::remove_all(folder);
  fs::rename(temporary, folder);
  weights::sync_folder(folder.parent_path());
}

Position load_checkpoint(const fs::path& folder, Experiment& experiment) {
  Position position = read_position(folder / "state.json");
  Learner& learner = experiment.learner;
  load_weights(folder / "model.safetensors", *learner.model, experiment.dataset.classes);
  const fs::path file = folder / "optimizer.safetensors";
  weights::restore(weights::load_safetensors(file).tensors, learner.optimizer->state(), file,
                   "optimizer " + experiment.recipe().optimizer.type);
  if (learner.ema) load_average(folder / "ema.safetensors", *learner.ema, *learner.model);
  if (learner.swa) load_average(folder / "swa.safetensors", *learner.swa, *learner.model);
  return position;
}

void save_weights(const fs::path& file, const Experiment& experiment) {
  weights::save_safetensors(file, {weights::state_of(*experiment.learner.model), metadata_of(experiment)});
}

void load_weights(const fs::path& file, Model& model, const std::vector<std::string>& classes) {
  const weights::Tensors saved = weights::load_safetensors(file);
  const auto trained_for = saved.metadata.find("classes");
  if (trained_for != saved.metadata.end()) compare_classes(json::parse(trained_for->second, nullptr, false), classes, file);
  weights::restore(saved.tensors, weights::state_of(model), file, "the recipe's model");
}

}  // namespace aviary::training
