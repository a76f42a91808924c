#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/replay_table.hpp"
#include "distributed/launch.hpp"
#include "recipe/difference.hpp"
#include "recipe/scale.hpp"
#include "recipe/schedule.hpp"
#include "search/child.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"
#include "training/learner.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct ReplayOptions {
  std::vector<std::string> names;
  std::string data;
  double scale = 1;
  std::string out = "runs/replay";
  int jobs = 1;
  std::string device;
  bool only_static = false;
};

struct Attempt {
  recipe::Recipe recipe;
  ReplayRow row;
  std::vector<std::string> settings = {};  ///< that scale it
};

// Whether a change tells something: not where the recipe is from, not what another type has or lacks by default.
bool tells(const recipe::Change& change, const std::vector<recipe::Change>& all) {
  const std::string table = change.key.substr(0, change.key.rfind('.'));
  const auto is_its_type = [&](const recipe::Change& each) { return each.key == table + ".type"; };
  if (change.key.starts_with("provenance.")) return false;
  if (table.starts_with("augment.") && std::ranges::any_of(all, is_its_type))  // new or gone, which the list itself tells
    return !change.after.empty() && !change.after_place.is_default() && !is_its_type(change);
  return change.after.empty() ? std::ranges::none_of(all, is_its_type) : !change.after_place.is_default();
}

// Against the recipe that it extends, as "optimizer.lr 0.1 -> 0.2".
std::string changes(const recipe::Recipe& recipe, plugins::Catalogue& catalogue) {
  if (recipe.files.size() < 2) return "";
  const recipe::Recipe parent = recipe::read_recipe(recipe.files[1], {}, catalogue);
  const std::vector<recipe::Change> all = recipe::difference(parent.resolved, recipe.resolved);
  std::vector<std::string> texts;
  for (const recipe::Change& change : all) {
    if (!tells(change, all)) continue;
    texts.push_back(change.after.empty()    ? fmt::format("no {}", change.key)
                    : change.before.empty() ? fmt::format("{} {}", change.key, change.after)
                                            : fmt::format("{} {} -> {}", change.key, change.before, change.after));
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::vector<Attempt> attempts_of(const ReplayOptions& options, plugins::Catalogue& catalogue) {
  std::vector<Attempt> attempts;
  for (const recipe::Recipe& recipe : read_recipes(options.names, catalogue)) {
    const ReplayRow row{.name = recipe.name,
                        .changed = changes(recipe, catalogue),
                        .published = recipe.published,
                        .replayed = {},
                        .state = "not begun"};
    attempts.push_back({recipe, row});
  }
  std::set<std::string> known;
  for (const Attempt& attempt : attempts)
    if (!known.insert(attempt.row.name).second)
      throw Error(fmt::format("two of the recipes are called {}; their runs would have one folder", attempt.row.name),
                  Fault::usage);
  return attempts;
}

// What needs no data.
void print_static(const std::vector<Attempt>& attempts, const Global& global) {
  auto rows_json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"recipe", "parameters", "epochs", "batch", "learning rates", "augmentations"}};
  for (const Attempt& attempt : attempts) {
    const recipe::Recipe& recipe = attempt.recipe;
    const std::int64_t parameters = training::count_parameters(*training::make_model(recipe, training::outputs(recipe)));
    const std::vector<double> rates = recipe::rates_without_progress(recipe);
    std::vector<std::string> augmentations;
    for (const recipe::ComponentRecipe& each : recipe.augment) augmentations.push_back(each.type);
    rows_json.push_back({{"recipe", attempt.row.name},
                         {"parameters", parameters},
                         {"epochs", recipe.training.epochs},
                         {"batch_size", recipe.data.batch_size},
                         {"rates", rates},
                         {"augmentations", augmentations}});
    rows.push_back({attempt.row.name, grouped(parameters), std::to_string(recipe.training.epochs),
                    std::to_string(recipe.data.batch_size),
                    fmt::format("{:g} to {:g}", *std::ranges::max_element(rates), *std::ranges::min_element(rates)),
                    fmt::format("{}", fmt::join(augmentations, ", "))});
  }
  if (global.json)
    print({{"recipes", rows_json}});
  else
    print_columns(rows);
}

class Replay {
 public:
  Replay(const ReplayOptions& options, std::vector<Attempt> attempts, plugins::Catalogue& catalogue, Global& global)
      : options_(options), attempts_(std::move(attempts)), global_(global), stop_(catch_interrupts()) {
    if (!options.device.empty()) training::require_device(options.device);
    require_data();
    scale(catalogue);
    fs::create_directories(options_.out);
    require_the_same();
    for (Attempt& attempt : attempts_) look(attempt);
  }

  void run() {
    search::for_each_job(attempts_.size(), options_.jobs, stop_, [this](std::size_t number) { train(number); });
    const ReplayTable table = this->table();
    if (global_.json)
      print(table_json(table));
    else if (!global_.quiet)
      print_table(table);
    if (stop_)
      end_interrupted(global_);
    else if (std::ranges::any_of(table.rows, [](const ReplayRow& row) { return row.state != "done"; }))
      global_.exit_code = failed;
  }

 private:
  std::string data_of(const Attempt& attempt) const { return options_.data.empty() ? attempt.recipe.data.path : options_.data; }

  fs::path run_of(const Attempt& attempt) const { return fs::path(options_.out) / attempt.row.name; }

  void require_data() const {
    for (const Attempt& attempt : attempts_)
      if (!fs::exists(data_of(attempt)))
        throw Error(
            fmt::format("there is no data in {}; the deck's is Kaggle's \"BIRDS 400 - SPECIES IMAGE CLASSIFICATION\", with "
                        "a folder for each of 400 species in train, valid and test: --data DIR names its folder, or "
                        "another image folder's",
                        data_of(attempt)),
            Fault::usage);
  }

  // Finds out now, and not after hours, that a recipe cannot be made so small.
  void scale(plugins::Catalogue& catalogue) {
    if (options_.scale == 1) return;
    for (Attempt& attempt : attempts_) {
      attempt.settings = recipe::scale(attempt.recipe, options_.scale);
      try {
        recipe::read_recipe(attempt.recipe.files.front(), attempt.settings, catalogue);
      } catch (const recipe::RecipeError& error) {
        throw Error(fmt::format("{} has too few epochs at --scale {}: {}", attempt.row.name, options_.scale, error.what()),
                    Fault::usage);
      }
    }
  }

  // What is in the folder was begun with the same scale and data, or there is nothing.
  void require_the_same() const {
    const nlohmann::ordered_json mine = {{"scale", options_.scale}, {"data", options_.data}};
    const fs::path file = fs::path(options_.out) / "replay.json";
    std::ifstream stream(file);
    const auto before = stream ? nlohmann::ordered_json::parse(stream, nullptr, false) : mine;
    if (before != mine)
      throw Error(fmt::format("{} holds a replay with {}, not {}; give another folder with --out", options_.out, before.dump(),
                              mine.dump()),
                  Fault::usage);
    const std::string text = mine.dump() + '\n';
    weights::write_whole_file(file, std::array{std::string_view(text)});
  }

  void look(Attempt& attempt) const {
    if (!fs::exists(run_of(attempt) / "recipe.toml")) return;
    attempt.row.replayed = results::read_result(results::RunFolder::open(run_of(attempt)));
    attempt.row.parameters = attempt.row.replayed.parameters;
    attempt.row.state = attempt.row.replayed.finished ? "done" : fmt::format("epoch {}", attempt.row.replayed.epochs);
  }

  std::vector<std::string> command(const Attempt& attempt) const {
    const std::string run = run_of(attempt).string();
    const search::Family family{options_.jobs, global_.quiet || global_.json, options_.device, global_.plugin_path};
    if (fs::exists(run_of(attempt) / "recipe.toml")) return search::resume_arguments(family, run);
    std::vector<std::string> words = {"train", attempt.recipe.files.front()};
    if (!options_.data.empty()) words.insert(words.end(), {"--data", options_.data});
    return search::new_run_arguments(family, words, run, attempt.settings);
  }

  void train(std::size_t number) {
    Attempt& attempt = attempts_[number];
    if (attempt.row.state == "done") return;
    if (!global_.quiet && !global_.json) fmt::print(stderr, "{} ({} of {})\n", attempt.row.name, number + 1, attempts_.size());
    const int code = search::run_child(command(attempt), stop_);
    const std::lock_guard lock(mutex_);
    look(attempt);
    if (code != done && code != interrupted && !stop_) attempt.row.state = "failed";
    write_table(table(), options_.out);
  }

  ReplayTable table() const {
    ReplayTable table;
    table.title = fmt::format("Replay of {}", fmt::join(options_.names, ", "));
    if (!options_.data.empty()) table.title += " on " + fs::path(options_.data).filename().string();
    if (options_.scale < 1)
      table.title += fmt::format(
          " at scale {0:g}: {0:g} of the epochs (of schedules and curricula too), of the training "
          "pictures, and of their pixels",
          options_.scale);
    table.title += ". Published scores are the deck's, on other data than these where --data names it.";
    for (const Attempt& attempt : attempts_) table.rows.push_back(attempt.row);
    return table;
  }

  ReplayOptions options_;
  std::vector<Attempt> attempts_;
  Global& global_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;
};

void replay(const ReplayOptions& options, Global& global) {
  distributed::forget_launch();
  plugins::Catalogue catalogue = global.catalogue();
  std::vector<Attempt> attempts = attempts_of(options, catalogue);
  if (options.only_static) return print_static(attempts, global);
  Replay(options, std::move(attempts), catalogue, global).run();
}

}  // namespace

void add_replay(CLI::App& app, Global& global) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* const command =
      app.add_subcommand("replay", "train the recipes of folders, and set the results beside the published scores");
  command->add_option("NAMES", options->names, "folders of recipes, or recipes: efficientnet")->required()->type_name("RECIPE");
  command->add_option("--data", options->data, "the data set's folder, over the recipes'")->type_name("DIR");
  add_scale(*command, options->scale);
  command->add_option("--out", options->out, "where runs and tables go (default runs/replay)")->type_name("DIR");
  add_jobs(*command, options->jobs);
  add_device(*command, options->device);
  command->add_flag("--static", options->only_static, "train nothing: parameters, learning rates and augmentations");
  command->footer(
      "aviary replay efficientnet --static\n"
      "aviary replay efficientnet --data pictures --scale 0.1 --out runs/replay");
  command->fallthrough();
  command->callback([options, &global] { replay(*options, global); });
}

}  // namespace aviary::commands
