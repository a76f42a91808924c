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
#include "data/dataset.hpp"
#include "inspection/parallel.hpp"
#include "recipe/scale.hpp"
#include "results/metric.hpp"
#include "results/run_result.hpp"
#include "search/beginnings.hpp"
#include "search/child.hpp"
#include "search/sweep.hpp"
#include "search/trials.hpp"
#include "training/experiment.hpp"
#include "training/learner.hpp"
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

// A point as its trainings get it.
struct PlannedPoint {
  std::vector<std::string> settings;
  std::optional<recipe::Recipe> recipe;
  std::string skipped;  ///< why, where it is not trained
};

// Whether `given` has the number or size of pictures that the setting scales: then it stays as it is given.
bool sets_data(const std::vector<std::string>& given, const std::string& setting) {
  const std::string key = setting.substr(0, setting.find('=') + 1);
  return key.starts_with("data.") &&
         std::ranges::any_of(given, [&](const std::string& other) { return other.starts_with(key); });
}

class PlannedSweep {
 public:
  PlannedSweep(const search::Sweep& sweep, const SweepOptions& options, plugins::Catalogue& catalogue)
      : sweep_(sweep), options_(options), catalogue_(catalogue) {
    for (const search::Point& point : sweep.points) points.push_back(plan(point));
    require_validation();
    skip_too_large();
  }

  /// With the trainings that several points have in common, each before those that need it.
  std::vector<search::Trial> trials() const {
    std::vector<search::Course> courses;
    const auto seeds = static_cast<std::size_t>(sweep_.settings.seeds);
    for (std::size_t point = 0; point < points.size(); ++point)
      for (std::size_t i = 0; i < seeds; ++i) courses.push_back(course(point, static_cast<std::int64_t>(i)));
    std::vector<search::Trial> trials;
    for (const search::Part& part : parts(courses)) {
      search::Trial trial{.id = std::ssize(trials) + 1,
                          .point = static_cast<std::int64_t>(part.course / seeds),
                          .seed = first_seed(points[part.course / seeds]) + static_cast<std::int64_t>(part.course % seeds),
                          .beginning = part.end.has_value() && sweep_.settings.strategy != "asha",
                          .end = part.end};
      if (part.after) trial.after = trials[*part.after].id;
      const PlannedPoint& point = points[static_cast<std::size_t>(trial.point)];
      if (!point.skipped.empty()) trial.state = "skipped";
      trial.note = point.skipped;
      trials.push_back(std::move(trial));
    }
    return trials;
  }

  /// After so many epochs trainings are compared: min_epochs, and the next ones by the reduction.
  std::optional<search::Halving> halving() const {
    if (sweep_.settings.strategy != "asha") return std::nullopt;
    search::Halving halving{.reduction = sweep_.settings.reduction, .pauses = {}, .smaller_is_better = smaller_is_better()};
    std::int64_t epochs = 0;
    for (const PlannedPoint& point : points)
      if (point.recipe) epochs = std::max(epochs, point.recipe->training.epochs);
    for (std::int64_t pause = sweep_.settings.min_epochs; pause < epochs; pause *= halving.reduction)
      halving.pauses.push_back(pause);
    return halving;
  }

  std::string metric() const { return first().training.metric; }
  bool smaller_is_better() const { return recipe::smaller_is_better(metric()); }

  const recipe::Recipe& first() const {
    return *std::ranges::find_if(points, [](const PlannedPoint& point) { return point.recipe.has_value(); })->recipe;
  }

  std::vector<PlannedPoint> points;

 private:
  static std::int64_t first_seed(const PlannedPoint& point) { return point.recipe ? point.recipe->training.seed : 0; }

  PlannedPoint plan(const search::Point& point) const {
    PlannedPoint planned;
    try {
      const recipe::Recipe whole = search::recipe_of(sweep_, point, options_.changes.settings(), catalogue_);
      const std::vector<std::string> given = options_.changes.settings();
      planned.settings = given;
      planned.settings.emplace_back("checkpoint.keep=1");
      std::ranges::move(search::settings_of(sweep_, point), std::back_inserter(planned.settings));
      if (options_.scale < 1)
        for (std::string& setting : recipe::scale(whole, options_.scale))
          if (!sets_data(given, setting)) planned.settings.push_back(std::move(setting));
      planned.recipe = recipe::read_recipe(sweep_.base.string(), planned.settings, catalogue_);
    } catch (const recipe::RecipeError& error) {
      planned.skipped = error.complaints().front().message;
    }
    return planned;
  }

  void require_validation() const {
    if (std::ranges::none_of(points, [](const PlannedPoint& point) { return point.recipe.has_value(); }))
      throw Error("no point of the sweep makes a recipe: " + points.front().skipped, Fault::usage);
    const recipe::Recipe& recipe = first();
    const data::Dataset dataset = data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
    if (dataset.validation.samples.empty() && !metric().starts_with("train."))
      throw Error(fmt::format("{} has no validation part, so there is no {}; data.validation_fraction = 0.1 cuts one from the "
                              "training part",
                              recipe.data.path, metric()),
                  Fault::usage);
  }

  void skip_too_large() {
    std::map<std::string, std::int64_t> counted;
    for (PlannedPoint& point : points) {
      if (!point.recipe || !point.recipe->limits.parameters) continue;
      const recipe::Recipe& recipe = *point.recipe;
      const std::string model = recipe::inline_toml(recipe.resolved.table()->find("model")->node) + recipe.data.path;
      if (!counted.contains(model))
        counted[model] = training::count_parameters(*training::make_model(recipe, training::outputs(recipe)));
      if (counted[model] > *recipe.limits.parameters)
        point.skipped = fmt::format("more parameters than limits.parameters = {}", grouped(*recipe.limits.parameters));
    }
  }

  search::Course course(std::size_t number, std::int64_t seed) const {
    const PlannedPoint& point = points[number];
    if (!point.skipped.empty()) return {fmt::format("skipped {} {}", number, seed), {}};
    search::Course course = search::course_of(*point.recipe);
    course.rest += fmt::format("seed {}", seed);
    return course;
  }

  // Trainings that are stopped early, by what others come to, have no beginning in common.
  std::vector<search::Part> parts(const std::vector<search::Course>& courses) const {
    const std::optional<search::Halving> halving = this->halving();
    if (!halving) return search::share_beginnings(courses);
    std::vector<search::Part> parts;
    for (std::size_t i = 0; i < courses.size(); ++i) {
      parts.push_back({.course = i, .after = {}, .end = {}});
      if (!halving->pauses.empty()) parts.back().end = halving->pauses.front();
    }
    return parts;
  }

  const search::Sweep& sweep_;
  const SweepOptions& options_;
  plugins::Catalogue& catalogue_;
};

class SweepRun {
 public:
  SweepRun(const SweepOptions& options, const search::Sweep& sweep, const PlannedSweep& plan, Global& global)
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
    inspection::for_each_number(static_cast<std::size_t>(options_.jobs), options_.jobs, "",
                                {stop_, [](std::string_view, std::size_t, std::size_t) {}}, [this](std::size_t) { work(); });
    const SweepTable table = this->table();
    write_best(table);
    if (global_.json)
      print(table_json(table));
    else if (!global_.quiet)
      print_table(table);
    if (stop_) {
      global_.exit_code = interrupted;
      if (!global_.json) fmt::print(stderr, "interrupted; the same command goes on\n");
    } else {
      if (std::ranges::any_of(table.trials, [](const SweepTrial& trial) { return trial.state == "failed"; }))
        global_.exit_code = failed;
      if (!global_.json && !global_.quiet && !ranked(table).empty())
        fmt::print("the best recipe is {0}/best.toml, all trainings are in {0}/sweep.csv\n", options_.out);
    }
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
    const fs::path run = run_of(trial.id);
    std::vector<std::string> words;
    if (fs::exists(run / "recipe.toml")) {
      words = search::resume_arguments(family_, run.string());
      if (trial.end) words.insert(words.end(), {"--stop-after", fmt::format("epoch {}", *trial.end)});
      return words;
    }
    fs::remove_all(run);  // of a process that was killed before this was a run
    if (trial.after) {
      words = search::new_run_arguments(family_, {"fork", run_of(*trial.after).string(), "--at", "last"}, run.string(),
                                        differences(trial));
    } else {
      std::vector<std::string> settings = planned(trial).settings;
      settings.push_back(fmt::format("training.seed={}", trial.seed));
      words = search::new_run_arguments(family_, {"train", sweep_.base.string()}, run.string(), settings);
    }
    if (trial.end) words.insert(words.end(), {"--stop-after", fmt::format("epoch {}", *trial.end)});
    return words;
  }

  const PlannedPoint& planned(const search::Trial& trial) const { return plan_.points[static_cast<std::size_t>(trial.point)]; }

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
  const PlannedSweep& plan_;
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
  const PlannedSweep plan(sweep, options, catalogue);
  if (options.out.empty()) options.out = (options.ablate.empty() ? "runs/" : "runs/ablate-") + sweep.name;
  SweepRun(options, sweep, plan, global).run();
}

}  // namespace

void add_sweep(CLI::App& app, Global& global) {
  auto options = std::make_shared<SweepOptions>();
  CLI::App* const command = app.add_subcommand("sweep", "train a recipe again and again with other values, and rank them");
  command->add_option("SWEEP", options->sweep, "the file of a sweep, or its name below recipes/");
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
  command->fallthrough();
  command->callback([options, &global] { sweep(*options, global); });
}

}  // namespace aviary::commands
