#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/sweep_table.hpp"
#include "results/metric.hpp"
#include "results/run_result.hpp"
#include "search/child.hpp"
#include "search/planned_sweep.hpp"
#include "search/sweep.hpp"
#include "search/trials.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct SweepOptions {
  std::string sweep;
  std::string ablate;
  bool tables = false;
  std::optional<std::int64_t> from_epoch;
  std::optional<std::int64_t> seeds;
  RecipeOptions changes;
  double scale = 1;
  std::optional<std::int64_t> trials;
  std::string out;
  int jobs = 1;
};

search::Sweep read(const SweepOptions& options, plugins::Catalogue& catalogue) {
  const std::vector<std::string> settings = options.changes.settings();
  if (options.ablate.empty()) {
    if (options.tables || options.from_epoch || options.seeds)
      throw Error("--tables, --from-epoch and --seeds are for --ablate; a sweep's file says what it does", Fault::usage);
    return search::read_sweep(recipe::find_recipe(options.sweep), settings, options.trials, catalogue);
  }
  if (options.trials) throw Error("--trials is for sweeps that draw points; --ablate has those it has", Fault::usage);
  const recipe::Recipe recipe = recipe::read_recipe(options.ablate, settings, catalogue);
  const std::int64_t seeds = options.seeds.value_or(3);
  if (options.tables) return search::without_tables(recipe, seeds);
  const std::int64_t after = options.from_epoch.value_or(recipe.training.epochs / 2);
  if (after >= recipe.training.epochs)
    throw Error(fmt::format("--from-epoch {}: the training has {} epochs", after, recipe.training.epochs), Fault::usage);
  return search::without_augmentations(recipe, after, seeds);
}

class SweepRun {
 public:
  SweepRun(const SweepOptions& options, const search::Sweep& sweep, const search::PlannedSweep& plan, Global& global)
      : options_(options),
        sweep_(sweep),
        plan_(plan),
        global_(global),
        stop_(catch_interrupts()),
        family_{options.jobs, global.quiet || global.json, global.plugin_path} {
    fs::create_directories(fs::path(options.out) / "trials");
    const std::vector<search::Trial> trials = plan.trials();
    count_ = trials.size();
    trials_ = std::make_unique<search::Trials>(options.out, written(), trials, plan.halving());
  }

  void run() {
    search::for_each_job(static_cast<std::size_t>(options_.jobs), options_.jobs, stop_, [this](std::size_t) { work(); });
    const SweepTable table = this->table();
    write_best(table);
    if (global_.json)
      print(table_json(table));
    else if (!global_.quiet)
      print_table(table);
    if (stop_) return end_interrupted(global_);
    if (std::ranges::any_of(table.trials, [](const SweepTrial& trial) { return trial.state == "failed"; }))
      global_.exit_code = failed;
    if (!global_.json && !global_.quiet && !ranked(table).empty())
      fmt::print("the best recipe is {0}/best.toml, all trainings are in {0}/sweep.csv\n", options_.out);
  }

 private:
  // What may not change while the folder is used.
  std::vector<recipe::Entry> written() const {
    std::vector<recipe::Entry> all = sweep_.written;
    std::ranges::move(search::list_values(plan_.first().resolved, "recipe"), std::back_inserter(all));
    // These are the points' own.
    std::erase_if(all, [&](const recipe::Entry& entry) {
      return std::ranges::any_of(sweep_.keys, [&](const std::string& key) { return entry.key.starts_with("recipe." + key); });
    });
    all.push_back({"--scale", {}, {{"--scale", 0, 0}, fmt::format("{}", options_.scale)}});
    return all;
  }

  fs::path run_of(std::int64_t trial) const { return fs::path(options_.out) / "trials" / fmt::format("{:04}", trial); }

  // Of a run that may not have begun.
  results::RunResult result_of(std::int64_t trial) const {
    if (!fs::exists(run_of(trial) / "recipe.toml")) return {};
    return results::read_result(results::RunFolder::open(run_of(trial)));
  }

  std::vector<std::string> arguments(const search::Trial& trial) const {
    std::vector<std::string> words = fs::exists(run_of(trial.id) / "recipe.toml")
                                         ? search::resume_arguments(family_, run_of(trial.id).string())
                                         : first_arguments(trial);
    if (trial.end) words.insert(words.end(), {"--stop-after", fmt::format("epoch {}", *trial.end)});
    return words;
  }

  std::vector<std::string> first_arguments(const search::Trial& trial) const {
    const std::string run = run_of(trial.id).string();
    if (trial.after)
      return search::new_run_arguments(family_, {"fork", run_of(*trial.after).string(), "--at", "last"}, run,
                                       differences(trial));
    std::vector<std::string> settings = planned(trial).settings;
    settings.push_back(fmt::format("training.seed={}", trial.seed));
    return search::new_run_arguments(family_, {"train", sweep_.base.string()}, run, settings);
  }

  const search::PlannedPoint& planned(const search::Trial& trial) const {
    return plan_.points()[static_cast<std::size_t>(trial.point)];
  }

  // Trainings with a common beginning differ in nothing else.
  std::vector<std::string> differences(const search::Trial& trial) const {
    std::vector<std::string> settings;
    for (const char* const key : {"augment", "curriculum"}) {
      const recipe::Entry* const entry = planned(trial).recipe->resolved.table()->find(key);
      settings.push_back(fmt::format("{}={}", key, entry == nullptr ? "false" : recipe::inline_toml(entry->node)));
    }
    return settings;
  }

  void work() {
    while (!stop_) {
      if (const std::optional<search::Trial> trial = trials_->claim())
        train(*trial);
      else if (trials_->others_run())
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      else
        return;
    }
  }

  std::string description(const search::Trial& trial) const {
    if (trial.beginning) return fmt::format("the first {} epochs of several, seed {}", *trial.end, trial.seed);
    const search::Point& point = sweep_.points[static_cast<std::size_t>(trial.point)];
    std::string text;
    for (std::size_t i = 0; i < sweep_.keys.size(); ++i)
      text += fmt::format("{} {}, ", sweep_.keys[i], cut(point.labels[i], 30));
    return text + fmt::format("seed {}", trial.seed);
  }

  void train(const search::Trial& trial) {
    results::RunResult result = result_of(trial.id);
    int code = done;
    if (!result.finished) {  // as it is where a process was killed before it could say so
      if (!family_.quiet) fmt::print(stderr, "trial {} of {}: {}\n", trial.id, count_, description(trial));
      if (!fs::exists(run_of(trial.id) / "recipe.toml")) fs::remove_all(run_of(trial.id));  // killed before it was a run
      code = search::run_child(arguments(trial), stop_);
      result = result_of(trial.id);
    }
    if (result.finished || (code == done && trial.end && result.epochs >= *trial.end))
      trials_->record(trial, results::metric(plan_.metric(), result.best_train, result.validation, result.ema),
                      result.finished);
    else if (code == done || code == interrupted || stop_)
      trials_->release(trial);
    else
      trials_->fail(trial, fmt::format("ended with exit code {}", code));
    const std::lock_guard lock(mutex_);
    write_table(table(), options_.out);
  }

  SweepTable table() {
    SweepTable table{.title = fmt::format("{} {}", options_.ablate.empty() ? "Sweep" : "Ablation of", sweep_.name),
                     .metric = plan_.metric(),
                     .smaller_is_better = plan_.smaller_is_better(),
                     .ablation = !options_.ablate.empty(),
                     .keys = sweep_.keys};
    const recipe::Recipe& first = plan_.first();
    table.title += fmt::format(" on {}: {} epochs at {} x {}", fs::path(first.data.path).filename().string(),
                               first.training.epochs, first.data.image_size, first.data.image_size);
    if (first.data.fraction < 1) table.title += fmt::format(", {:g} of the training pictures", first.data.fraction);
    for (const search::Point& point : sweep_.points) table.labels.push_back(point.labels);
    std::map<std::int64_t, double> seconds;
    for (const search::Trial& trial : trials_->all()) {
      SweepTrial row{.id = trial.id,
                     .point = static_cast<std::size_t>(trial.point),
                     .seed = trial.seed,
                     .state = trial.state,
                     .note = trial.note,
                     .score = trial.score,
                     .run = run_of(trial.id).string()};
      const results::RunResult result = result_of(trial.id);
      row.parameters = result.parameters;
      row.epochs = result.epochs;
      row.seconds = result.seconds;
      seconds[trial.id] = result.seconds;
      // A fork's log holds its beginning.
      const double shared = trial.after && result.epochs > 0 ? seconds[*trial.after] : 0;
      table.seconds += std::max(0.0, result.seconds - shared);
      table.seconds_saved += trial.beginning ? -std::max(0.0, result.seconds - shared) : shared;
      if (!trial.beginning) table.trials.push_back(std::move(row));
    }
    std::ranges::stable_sort(table.trials, {}, &SweepTrial::point);
    table.seconds_saved = std::max(0.0, table.seconds_saved);
    return table;
  }

  // The first point's best training, ready to be trained again.
  void write_best(const SweepTable& table) const {
    const std::vector<SweepRank> ranks = ranked(table);
    if (ranks.empty()) return;
    std::ifstream stream(fs::path(ranks.front().best->run) / "recipe.toml");
    std::stringstream text;
    text << stream.rdbuf();
    const std::string bytes = text.str();
    weights::write_whole_file(fs::path(options_.out) / "best.toml", std::array{std::string_view(bytes)});
  }

  const SweepOptions& options_;
  const search::Sweep& sweep_;
  const search::PlannedSweep& plan_;
  Global& global_;
  const std::atomic<bool>& stop_;
  search::Family family_;
  std::size_t count_ = 0;
  std::unique_ptr<search::Trials> trials_;
  std::mutex mutex_;
};

void sweep(SweepOptions& options, Global& global) {
  if (options.sweep.empty() == options.ablate.empty())
    throw Error("expected the file of a sweep, or --ablate with a recipe", Fault::usage);
  plugins::Catalogue catalogue = global.catalogue();
  const search::Sweep sweep = read(options, catalogue);
  const search::PlannedSweep plan(sweep, options.changes.settings(), options.scale, catalogue);
  if (options.out.empty()) options.out = (options.ablate.empty() ? "runs/" : "runs/ablate-") + sweep.name;
  SweepRun(options, sweep, plan, global).run();
}

}  // namespace

void add_sweep(CLI::App& app, Global& global) {
  auto options = std::make_shared<SweepOptions>();
  CLI::App* const command = app.add_subcommand("sweep", "train a recipe again and again with other values, and rank them");
  command->add_option("SWEEP", options->sweep, "the file of a sweep, or its name below recipes/")->type_name("RECIPE");
  command->add_option("--ablate", options->ablate, "leave out this recipe's augmentations one by one instead")
      ->type_name("RECIPE");
  command->add_flag("--tables", options->tables, "with --ablate: leave out tables such as [ema] instead");
  command->add_option("--from-epoch", options->from_epoch, "with --ablate: the epochs that all have in common (default half)")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
  command->add_option("--seeds", options->seeds, "with --ablate: trainings of each (default 3)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command->add_option("--trials", options->trials, "points that are drawn, over the file's")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N");
  add_scale(*command, options->scale);
  add_jobs(*command, options->jobs);
  command->add_option("--out", options->out, "where trainings and tables go (default runs/NAME)")->type_name("DIR");
  options->changes.add_changes_to(*command);
  command->footer(
      "aviary sweep wide_resnet/batch-and-rate --data pictures --scale 0.1\n"
      "aviary sweep --ablate demo/fashion-mnist --seeds 2");
  command->fallthrough();
  command->callback([options, &global] { sweep(*options, global); });
}

}  // namespace aviary::commands
