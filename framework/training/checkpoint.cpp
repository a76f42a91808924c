#include "training/checkpoint.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "data/sha256.hpp"
#include "recipe/json.hpp"
#include "training/trained_model.hpp"
#include "weights/model_state.hpp"
#include "weights/safetensors.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace aviary::training {
namespace {

constexpr int format = 2;
constexpr const char* sums_file = "SHA256SUMS";
constexpr const char* state_file = "state.json";

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

// Where only one of them has a scale, the precision was changed: it then begins anew, or is no more.
void match_gradient_scale(NamedTensors& saved, NamedTensors& living) {
  const auto is_scale = [](const auto& item) { return item.first == GradientScale::name; };
  if (std::ranges::any_of(saved, is_scale) && std::ranges::any_of(living, is_scale)) return;
  std::erase_if(saved, is_scale);
  std::erase_if(living, is_scale);
}

// JSON has no infinity and no NaN; a diverging validation loss may be either.
json numbers_json(const std::vector<double>& numbers) {
  json list = json::array();
  for (const double number : numbers) list.push_back(std::isfinite(number) ? json(number) : json(fmt::format("{}", number)));
  return list;
}

std::vector<double> numbers_from(const json& list) {
  std::vector<double> numbers;
  for (const json& number : list)
    numbers.push_back(number.is_string() ? std::strtod(number.get<std::string>().c_str(), nullptr) : number.get<double>());
  return numbers;
}

std::string text_of(const Position& position) {
  const json state = {{"format", format},
                      {"epoch", position.epoch},
                      {"batch", position.batch},
                      {"loss_sum", position.loss_sum},
                      {"correct", position.correct},
                      {"pictures", position.pictures},
                      {"history", numbers_json(position.history)},
                      {"watched", numbers_json(position.watched)},
                      {"best", position.best ? json(*position.best) : json()},
                      {"bad_pictures", position.bad_pictures},
                      {"events_bytes", position.events_bytes},
                      {"metrics_bytes", position.metrics_bytes},
                      {"processes", position.processes}};
  // Names of files may be in any encoding.
  return state.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

Position position_from(const json& state) {
  Position position;
  state.at("epoch").get_to(position.epoch);
  state.at("batch").get_to(position.batch);
  state.at("loss_sum").get_to(position.loss_sum);
  state.at("correct").get_to(position.correct);
  state.at("pictures").get_to(position.pictures);
  position.history = numbers_from(state.at("history"));
  position.watched = numbers_from(state.at("watched"));
  if (!state.at("best").is_null()) position.best = state.at("best").get<std::int64_t>();
  state.at("bad_pictures").get_to(position.bad_pictures);
  state.at("events_bytes").get_to(position.events_bytes);
  state.at("metrics_bytes").get_to(position.metrics_bytes);
  position.processes = state.value("processes", position.processes);
  return position;
}

std::string sums_of(const fs::path& folder, const std::vector<std::string>& names) {
  std::string sums;
  for (const std::string& name : names) sums += fmt::format("{}  {}\n", data::sha256_of(folder / name), name);
  return sums;
}

bool is_whole(const fs::path& folder) {
  std::ifstream stream(folder / sums_file);
  const std::string sums{std::istreambuf_iterator<char>(stream), {}};
  std::istringstream words(sums);
  std::vector<std::string> names;
  for (std::string sum, name; words >> sum >> name;) names.push_back(name);
  try {
    return !names.empty() && names.back() == state_file && sums_of(folder, names) == sums;
  } catch (const Error&) {
    return false;  // a file is not there
  }
}

Position read_position(const fs::path& folder) {
  std::ifstream stream(folder / state_file);
  const json state = json::parse(stream, nullptr, false);
  // Before the sums: another format may have none, or others.
  if (state.is_object() && state.contains("format") && state["format"].is_number() && state["format"] != format)
    throw Error(fmt::format("{} has format {}; this aviary reads format {}: use the aviary that wrote it",
                            (folder / state_file).string(), state["format"].dump(), format));
  if (!is_whole(folder))
    throw Damaged(fmt::format("{} is damaged (sha256sum -c {} in it tells which file)", folder.string(), sums_file));
  return position_from(state);
}

void write_files(const fs::path& folder, const Snapshot& snapshot) {
  fs::create_directories(folder);
  std::vector<std::string> names;
  for (const auto& [name, tensors] : snapshot.files) {
    weights::save_safetensors(folder / name, tensors);
    names.push_back(name);
  }
  const std::string state = text_of(snapshot.position);
  weights::write_whole_file(folder / state_file, std::array{std::string_view(state)});
  names.emplace_back(state_file);
  const std::string sums = sums_of(folder, names);
  weights::write_whole_file(folder / sums_file, std::array{std::string_view(sums)});
}

// A folder that is gone with it, or what is there by then. On a full disk the room of half a checkpoint is needed.
struct Passing {
  explicit Passing(fs::path where) : path(std::move(where)) { fs::remove_all(path); }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  ~Passing() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path;
};

// Exchanges the two names, so that at every moment there is the old folder or the new one; some network file systems cannot.
void put_in_place(const fs::path& made, const fs::path& folder) {
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno == EINVAL || errno == ENOSYS) fs::remove_all(folder);
    fs::rename(made, folder);
  }
  weights::sync_folder(folder.parent_path());
}

weights::Tensors copied(const NamedTensors& tensors, std::map<std::string, std::string> metadata) {
  const c10::AutoGradMode no_gradients(false);
  weights::Tensors copies{{}, std::move(metadata)};
  for (const auto& [name, tensor] : tensors)
    copies.tensors.emplace_back(name, at::empty(tensor.sizes(), tensor.scalar_type()).copy_(tensor));
  return copies;
}

std::string processes_text(std::int64_t count) { return count == 1 ? "1 process" : fmt::format("{} processes", count); }

std::vector<fs::path> saved_in(const results::RunFolder& run) {
  std::vector<fs::path> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run.checkpoints(), none)) {
    const std::string name = entry.path().filename().string();
    if ((name.starts_with("epoch-") || name == "step") && entry.is_directory()) folders.push_back(entry.path());
  }
  return folders;
}

}  // namespace

Snapshot snapshot_of(const Experiment& experiment, const Position& position) {
  const std::map<std::string, std::string> metadata = metadata_of(experiment);
  const Learner& learner = experiment.learner;
  Snapshot snapshot{{}, position};
  const auto add = [&](const char* name, const NamedTensors& tensors, const std::map<std::string, std::string>& about) {
    snapshot.files.emplace_back(name, copied(tensors, about));
  };
  const auto add_average = [&](const char* name, const WeightAverage& average) {
    auto about = metadata;
    about[updates_key] = std::to_string(average.updates);
    add(name, average.state(), about);
  };
  add("model.safetensors", weights::state_of(*learner.model), metadata);
  add("optimizer.safetensors", learner.update_state(), {});
  if (learner.ema) add_average("ema.safetensors", *learner.ema);
  if (learner.swa) add_average("swa.safetensors", *learner.swa);
  return snapshot;
}

void save_checkpoint(const fs::path& folder, const Snapshot& snapshot) {
  try {
    const Passing temporary(folder.parent_path() / ("." + folder.filename().string() + ".part"));
    write_files(temporary.path, snapshot);
    put_in_place(temporary.path, folder);
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("cannot write {}: {}", error.path1().string(), error.code().message()));
  }
}

Position load_checkpoint(const fs::path& folder, Experiment& experiment) {
  Position position = read_position(folder);
  Learner& learner = experiment.learner;
  load_weights(folder / "model.safetensors", *learner.model, experiment.dataset.classes);
  const fs::path file = folder / "optimizer.safetensors";
  NamedTensors saved = weights::load_safetensors(file).tensors;
  NamedTensors living = learner.update_state();
  match_gradient_scale(saved, living);
  weights::restore(saved, living, file, "optimizer " + experiment.recipe().optimizer.type);
  if (learner.ema) load_average(folder / "ema.safetensors", *learner.ema, *learner.model);
  if (learner.swa) load_average(folder / "swa.safetensors", *learner.swa, *learner.model);
  return position;
}

Position load_newest_checkpoint(const results::RunFolder& run, Experiment& experiment) {
  const std::vector<fs::path> saved = saved_in(run);
  if (saved.empty() && fs::exists(run.checkpoints() / "last"))
    throw Error(fmt::format("{0} holds weights only, and no training to go on with; begin one from them: aviary train RECIPE "
                            "--weights {0}",
                            run.path().string()),
                Fault::usage);
  std::string reason = run.path().string() + " has no last checkpoint";
  const int processes = experiment.world().size();
  const auto fits = [&](const Position& position) { return position.batch == 0 || position.processes == processes; };
  bool begins_anew = false;
  if (fs::exists(run.checkpoints() / "last")) {
    try {
      const fs::path last = run.checkpoint("last");
      const Position position = read_position(last);
      if (fits(position)) return load_checkpoint(last, experiment);
      reason = fmt::format("epoch {} was begun by {}, and now there are {}: it is trained anew", position.epoch + 1,
                           processes_text(position.processes), processes);
      begins_anew = position.epoch == 0;
    } catch (const Damaged& damaged) {
      reason = damaged.what();
    }
  } else if (saved.empty() && !fs::is_symlink(run.checkpoints() / "last")) {
    begins_anew = true;
    reason.clear();
  }
  if (begins_anew) {
    if (!reason.empty()) experiment.dataset.notices.push_back(reason);
    for (const std::string& notice :
         start_from_weights(experiment.recipe(), *experiment.learner.model, experiment.dataset.classes))
      experiment.dataset.notices.push_back(notice);
    return {};
  }
  std::map<std::pair<std::int64_t, std::int64_t>, fs::path> whole;  // by progress
  for (const fs::path& folder : saved) {
    try {
      const Position position = read_position(folder);
      if (fits(position)) whole[{position.epoch, position.batch}] = folder;
    } catch (const Damaged&) {
      continue;
    }
  }
  if (whole.empty())
    throw Error(fmt::format("{}, and no other is whole; begin anew with: aviary train {}", reason, run.recipe_file().string()));
  const fs::path& newest = whole.rbegin()->second;
  experiment.dataset.notices.push_back(fmt::format("{}; going on from {}", reason, newest.filename().string()));
  return load_checkpoint(newest, experiment);
}

void share_state(Experiment& experiment, Position& position) {
  const distributed::World& world = experiment.world();
  if (world.size() == 1) return;
  Learner& learner = experiment.learner;
  position = position_from(json::parse(world.first(text_of(position))));
  const auto take = [&](const NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) world.take_first(tensor);
  };
  take(weights::state_of(*learner.model));
  take(learner.update_state());
  for (std::optional<WeightAverage>* const average : {&learner.ema, &learner.swa}) {
    if (!*average) continue;
    take((*average)->state());
    (*average)->updates = std::stoll(world.first(std::to_string((*average)->updates)));
  }
}

void save_weights(const fs::path& file, const Experiment& experiment) {
  weights::save_safetensors(file, {weights::state_of(*experiment.learner.model), metadata_of(experiment)});
}

void compare_classes(const std::vector<std::string>& trained_for, const std::vector<std::string>& classes,
                     const fs::path& source) {
  if (trained_for.size() != classes.size())
    throw Error(fmt::format("{} was trained for {} classes; the data has {}: take the data it was trained on", source.string(),
                            trained_for.size(), classes.size()));
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (trained_for[i] != classes[i])
      throw Error(
          fmt::format("{} was trained with class {} = \"{}\"; in the data it is \"{}\"; take the data it was trained on, or "
                      "give its order in data.class_names",
                      source.string(), i, trained_for[i], classes[i]));
}

void load_weights(const fs::path& file, Model& model, const std::vector<std::string>& classes) {
  const weights::Tensors saved = weights::load_safetensors(file);
  const auto trained_for = saved.metadata.find("classes");
  if (trained_for != saved.metadata.end()) {
    const json names = json::parse(trained_for->second, nullptr, false);
    compare_classes(names.is_array() ? names.get<std::vector<std::string>>() : std::vector<std::string>(), classes, file);
  }
  weights::restore(saved.tensors, weights::state_of(model), file, "the recipe's model");
}

}  // namespace aviary::training
