#include "commands/run_record.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string_view>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/sha256.hpp"
#include "recipe/json.hpp"
#include "recipe/origins.hpp"
#include "results/environment.hpp"
#include "results/event_log.hpp"
#include "training/compute.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace aviary::commands {
namespace {

void plugin_files(const recipe::ComponentRecipe& component, std::set<fs::path>& files) {
  files.insert(component.callee.file);
  for (const auto& [key, inner] : component.components)
    for (const recipe::ComponentRecipe& each : inner) plugin_files(each, files);
}

std::vector<std::string> command_line() {
  std::vector<std::string> words;
  std::ifstream stream("/proc/self/cmdline");
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

void write(const fs::path& file, const std::string& text) {
  weights::write_whole_file(file, std::array{std::string_view(text)});
}

void write_recipe(const results::RunFolder& run, const recipe::Recipe& recipe) {
  write(run.recipe_file(), recipe::to_toml(recipe.resolved, true));
}

ordered_json read_environment(const results::RunFolder& run) {
  std::ifstream stream(run.environment_file());
  return ordered_json::parse(stream);
}

const std::string& or_nothing(const std::string& value) {
  static const std::string nothing = "nothing";
  return value.empty() ? nothing : value;
}

// Whether a setting gives this key, its table, or the type of the component whose table it is in.
bool is_said(const std::string& key, const std::vector<std::string>& settings) {
  return std::ranges::any_of(settings, [&](const std::string& setting) {
    std::string said = setting.substr(0, setting.find('='));
    if (said.ends_with(".type")) said.resize(said.size() - 5);
    return key == said || key.starts_with(said + '.');
  });
}

// What was edited since the record was written, and is not said on purpose.
void refuse_edits(const recipe::Node& recorded, const recipe::Recipe& read, const std::vector<std::string>& settings) {
  std::vector<recipe::Complaint> complaints;
  for (const recipe::Change& edit : recipe::difference(recorded, read.resolved)) {
    if (is_said(edit.key, settings)) continue;
    const bool gone = edit.after.empty();
    complaints.push_back(
        {gone || edit.after_place.is_default() ? recipe::Place{read.files.front(), 1, 1} : edit.after_place,
         fmt::format("{} is {}, but {}; write it as it was, or change it on purpose: --set {}={}", edit.key,
                     gone ? "missing" : edit.after,
                     edit.before.empty() ? "the run was begun without it" : "the run was begun with " + edit.before, edit.key,
                     gone ? "VALUE" : edit.after)});
  }
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
}

}  // namespace

std::vector<fs::path> plugin_files(const recipe::Recipe& recipe) {
  std::set<fs::path> files;
  for (const auto* const component : {&recipe.model, &recipe.optimizer, &recipe.scheduler}) plugin_files(*component, files);
  for (const auto* const list : {&recipe.augment, &recipe.sinks})
    for (const recipe::ComponentRecipe& component : *list) plugin_files(component, files);
  for (const recipe::Phase& phase : recipe.curriculum)
    if (phase.augment)
      for (const recipe::ComponentRecipe& component : *phase.augment) plugin_files(component, files);
  for (const auto& component : {recipe.augmenter, recipe.decoder})
    if (component) plugin_files(*component, files);
  return {files.begin(), files.end()};
}

void make_data_path_absolute(recipe::Recipe& recipe) {
  recipe.data.path = fs::absolute(recipe.data.path).lexically_normal().string();
  recipe.resolved.table()->find("data")->node.table()->find("path")->node.value = recipe.data.path;
}

results::RunFolder new_run(const std::string& run, const recipe::Recipe& recipe) {
  return run.empty() ? results::RunFolder::create_by_time(recipe.name) : results::RunFolder::create(run);
}

nlohmann::ordered_json parent_of(const recipe::Recipe& recipe, plugins::Catalogue& catalogue) try {
  if (recipe.files.size() < 2) return nullptr;
  recipe::Recipe parent = recipe::read_recipe(recipe.files[1], {}, catalogue);
  make_data_path_absolute(parent);
  ordered_json json = {{"recipe", parent.name}, {"changes", ordered_json::array()}};
  for (const recipe::Change& change : recipe::difference(parent.resolved, recipe.resolved))
    json["changes"].push_back({{"key", change.key}, {"before", change.before}, {"after", change.after}});
  return json;
} catch (const recipe::RecipeError&) {
  return nullptr;
}

void write_record(const results::RunFolder& run, const recipe::Recipe& recipe, const SessionOptions& session,
                  const ordered_json& parent, const std::vector<fs::path>& origin) {
  ordered_json environment = results::describe_environment({.device = training::compute_device().str(),
                                                            .threads = at::get_num_threads(),
                                                            .workers = *session.workers,
                                                            .plugin_files = plugin_files(recipe),
                                                            .command_line = command_line()});
  environment["processes"] = session.processes;
  if (session.limit_batches) environment["limit_batches"] = *session.limit_batches;
  environment["name"] = recipe.name;
  environment["recipe"] = recipe::to_json(recipe.resolved);
  environment["parent"] = parent;
  for (const fs::path& checkpoint : origin)
    environment["origin"].push_back({{"checkpoint", fs::absolute(checkpoint).lexically_normal().string()},
                                     {"sha256", data::sha256_of(checkpoint / "model.safetensors")}});
  write(run.environment_file(), environment.dump(2) + "\n");
  write_recipe(run, recipe);  // last: a folder that has one is a run
}

RunRecord read_record(const results::RunFolder& run, const std::vector<std::string>& settings, plugins::Catalogue& catalogue) {
  RunRecord record;
  recipe::Node recorded;
  std::string name;
  try {
    const ordered_json environment = read_environment(run);
    record.session.compute = {environment.at("device").get<std::string>(), environment.at("threads").get<int>()};
    record.session.workers = environment.at("workers").get<int>();
    if (environment.contains("limit_batches")) record.session.limit_batches = environment["limit_batches"].get<std::int64_t>();
    record.session.processes = environment.value("processes", record.session.processes);
    environment.at("name").get_to(name);
    if (environment.contains("parent")) record.parent = environment["parent"];
    recorded = recipe::from_json(environment.at("recipe"), {run.environment_file().string()});
  } catch (const nlohmann::json::exception& error) {
    throw Error(
        fmt::format("{} is damaged or missing, and with it how the run was begun; bring it back, or begin a new run with "
                    "these weights: aviary train {} --weights {}",
                    run.environment_file().string(), run.recipe_file().string(), run.path().string()),
        Fault::work, error.what());
  }
  const std::string file = run.recipe_file().string();
  record.recipe = recipe::read_recipe(file, {}, catalogue);
  refuse_edits(recorded, record.recipe, settings);
  if (!settings.empty()) record.recipe = recipe::read_recipe(file, settings, catalogue);
  if (record.recipe.training.precision == "auto")
    throw Error("training.precision = \"auto\" is settled when a run is created; expected fp32, bf16 or fp16", Fault::usage);
  record.recipe.name = name;
  make_data_path_absolute(record.recipe);
  record.changes = recipe::difference(recorded, record.recipe.resolved);
  recipe::restore_origins(record.recipe.resolved, file);
  return record;
}

void note_change(RunRecord& record, const std::string& what, const std::string& before, const std::string& after) {
  if (before != after) record.changes.push_back({what, before, after, {}, {}});
}

void write_changes(const results::RunFolder& run, const RunRecord& record, training::Experiment& experiment,
                   training::Position& position) {
  if (record.changes.empty()) return;
  ordered_json environment = read_environment(run);
  environment["recipe"] = recipe::to_json(record.recipe.resolved);
  environment["device"] = training::compute_device().str();
  environment["threads"] = at::get_num_threads();
  environment["processes"] = record.session.processes;
  results::EventLog log(run, {position.events_bytes, position.metrics_bytes});
  for (const recipe::Change& change : record.changes) {
    environment["changes"].push_back(
        {{"epoch", position.epoch}, {"key", change.key}, {"before", change.before}, {"after", change.after}});
    const std::string sentence = fmt::format("from epoch {} on {} is {}, not {}", position.epoch + 1, change.key,
                                             or_nothing(change.after), or_nothing(change.before));
    log.notice({sentence});
    experiment.dataset.notices.push_back(sentence);
  }
  position.events_bytes = log.lengths().events;
  position.metrics_bytes = log.lengths().metrics;
  write(run.environment_file(), environment.dump(2) + "\n");
  write_recipe(run, record.recipe);
}

}  // namespace aviary::commands
