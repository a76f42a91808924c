#include "commands/sweep_run.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/interrupt.hpp"
#include "results/metric.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

fs::path run_in(const fs::path& folder, std::int64_t trial) { return folder / "trials" / fmt::format("{:04}", trial); }

}  // namespace

std::vector<recipe::Entry> written_down(const SweepOptions& options, const search::Sweep& sweep,
                                        const search::PlannedSweep& plan) {
  std::vector<recipe::Entry> all = sweep.written;
  std::ranges::move(search::list_values(plan.first().resolved, "recipe"), std::back_inserter(all));
  // These are the points' own.
  std::erase_if(all, [&](const recipe::Entry& entry) {
    return std::ranges::any_of(sweep.keys, [&](const std::string& key) { return entry.key.starts_with("recipe." + key); });
  });
  const auto add = [&](const std::string& option, const auto& value) {
    all.push_back({option, {}, {{option, 0, 0}, fmt::format("{}", value)}});
  };
  add("--scale", options.scale);
  if (options.worker) add("--worker", *options.worker);
  if (options.workers) add("--workers", *options.workers);
  return all;
}

SweepRun::SweepRun(const SweepOptions& options, const search::Sweep& sweep, const search::PlannedSweep& plan,
                   const std::vector<search::Trial>& trials, Global& global)
    : options_(options),
      sweep_(sweep),
      plan_(plan),
      global_(global),
      stop_(catch_interrupts()),
      family_{options.jobs, global.quiet || global.json, options.device, global.plugin_path},
      count_(trials.size()) {
  fs::create_directories(fs::path(options.out) / "trials");
  trials_ = std::make_unique<search::Trials>(options.out, written_down(options, sweep, plan), trials, plan.halving());
}

void SweepRun::run() {
  search::for_each_job(static_cast<std::size_t>(options_.jobs), options_.jobs, stop_, [this](std::size_t) { work(); });
  show();
}

void SweepRun::merge(const std::vector<search::Gathered>& gathered) {
  for (const auto& [trial, part] : gathered) {
    if (stop_) break;
    if (trial.state != "done" && trial.state != "failed") continue;
    const std::optional<search::Trial> mine = trials_->claim(trial.id);
    if (!mine) continue;  // of an earlier merge
    if (trial.state == "failed") {
      trials_->fail(*mine, trial.note);
      continue;
    }
    search::copy_run(run_in(part, trial.id), run_of(trial.id));
    trials_->record(*mine, trial.score, true);
  }
  write_table(table(), options_.out);
  show();
  if (!stop_) tell_missing(gathered);
}

void SweepRun::show() {
  const SweepTable table = this->table();
  write_best(table);
  if (global_.json)
    print(table_json(table));
  else if (!global_.quiet)
    print_table(table);
  if (stop_) return end_interrupted(global_);
  if (std::ranges::any_of(table.trials, [](const SweepTrial& trial) { return trial.state == "failed"; }))
    global_.exit_code = failed;
  if (global_.json || global_.quiet || ranked(table).empty()) return;
  fmt::print("the best recipe is {0}/best.toml, all trainings are in {0}/sweep.csv\n", options_.out);
  if (options_.worker)
    fmt::print("when all workers are done: the same command with --merge {} in place of --worker and --workers\n",
               fs::path(options_.out).parent_path().string());
}

void SweepRun::tell_missing(const std::vector<search::Gathered>& gathered) {
  std::map<std::string, std::vector<std::int64_t>> missing;
  for (const auto& [trial, part] : gathered)
    if (trial.state == "elsewhere" || trial.state == "waiting" || trial.state == "running")
      missing[trial.note.empty() ? "not trained to its end in " + part.string()
                                 : "of " + trial.note + ", whose folder is not among these"]
          .push_back(trial.id);
  if (missing.empty()) return;
  global_.exit_code = failed;
  for (const auto& [where, trials] : missing)
    fmt::print(stderr, "missing: {} of {} trials ({}), {}\n", trials.size(), gathered.size(),
               cut(fmt::format("{}", fmt::join(trials, ", ")), 40), where);
  fmt::print(stderr, "start these workers again and merge again, or train the rest here: the same command without --merge\n");
}

fs::path SweepRun::run_of(std::int64_t trial) const { return run_in(options_.out, trial); }

// Of a run that may not have begun.
results::RunResult SweepRun::result_of(std::int64_t trial) const {
  if (!fs::exists(run_of(trial) / "recipe.toml")) return {};
  return results::read_result(results::RunFolder::open(run_of(trial)));
}

std::vector<std::string> SweepRun::arguments(const search::Trial& trial) const {
  std::vector<std::string> words = fs::exists(run_of(trial.id) / "recipe.toml")
                                       ? search::resume_arguments(family_, run_of(trial.id).string())
                                       : first_arguments(trial);
  if (trial.end) words.insert(words.end(), {"--stop-after", fmt::format("epoch {}", *trial.end)});
  return words;
}

std::vector<std::string> SweepRun::first_arguments(const search::Trial& trial) const {
  const std::string run = run_of(trial.id).string();
  if (trial.after)
    return search::new_run_arguments(family_, {"fork", run_of(*trial.after).string(), "--at", "last"}, run, differences(trial));
  std::vector<std::string> settings = planned(trial).settings;
  settings.push_back(fmt::format("training.seed={}", trial.seed));
  return search::new_run_arguments(family_, {"train", sweep_.base.string()}, run, settings);
}

const search::PlannedPoint& SweepRun::planned(const search::Trial& trial) const {
  return plan_.points()[static_cast<std::size_t>(trial.point)];
}

// Trainings with a common beginning differ in nothing else.
std::vector<std::string> SweepRun::differences(const search::Trial& trial) const {
  std::vector<std::string> settings;
  for (const char* const key : {"augment", "curriculum"}) {
    const recipe::Entry* const entry = planned(trial).recipe->resolved.table()->find(key);
    settings.push_back(fmt::format("{}={}", key, entry == nullptr ? "false" : recipe::inline_toml(entry->node)));
  }
  return settings;
}

void SweepRun::work() {
  while (!stop_) {
    if (const std::optional<search::Trial> trial = trials_->claim())
      train(*trial);
    else if (trials_->others_run())
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    else
      return;
  }
}

std::string SweepRun::description(const search::Trial& trial) const {
  if (trial.beginning) return fmt::format("the first {} epochs of several, seed {}", *trial.end, trial.seed);
  const search::Point& point = sweep_.points[static_cast<std::size_t>(trial.point)];
  std::string text;
  for (std::size_t i = 0; i < sweep_.keys.size(); ++i) text += fmt::format("{} {}, ", sweep_.keys[i], cut(point.labels[i], 30));
  return text + fmt::format("seed {}", trial.seed);
}

void SweepRun::train(const search::Trial& trial) {
  results::RunResult result = result_of(trial.id);
  int code = done;
  if (!result.finished) {  // as it is where a process was killed before it could say so
    if (!family_.quiet) fmt::print(stderr, "trial {} of {}: {}\n", trial.id, count_, description(trial));
    if (!fs::exists(run_of(trial.id) / "recipe.toml")) fs::remove_all(run_of(trial.id));  // killed before it was a run
    code = search::run_child(arguments(trial), stop_);
    result = result_of(trial.id);
  }
  if (result.finished || (code == done && trial.end && result.epochs >= *trial.end))
    trials_->record(trial, results::metric(plan_.metric(), result.best_train, result.validation, result.ema), result.finished);
  else if (code == done || code == interrupted || stop_)
    trials_->release(trial);
  else
    trials_->fail(trial, fmt::format("ended with exit code {}", code));
  const std::lock_guard lock(mutex_);
  write_table(table(), options_.out);
}

SweepTable SweepRun::table() {
  SweepTable table{.title = fmt::format("{} {}", options_.ablate.empty() ? "Sweep" : "Ablation of", sweep_.name),
                   .metric = plan_.metric(),
                   .smaller_is_better = plan_.smaller_is_better(),
                   .ablation = !options_.ablate.empty(),
                   .keys = sweep_.keys};
  const recipe::Recipe& first = plan_.first();
  table.title += fmt::format(" on {}: {} epochs at {} x {}", fs::path(first.data.path).filename().string(),
                             first.training.epochs, first.data.image_size, first.data.image_size);
  if (first.data.fraction < 1) table.title += fmt::format(", {:g} of the training pictures", first.data.fraction);
  if (options_.worker) table.title += fmt::format(", worker {} of {}", *options_.worker, *options_.workers);
  for (const search::Point& point : sweep_.points) table.labels.push_back(point.labels);
  std::map<std::int64_t, double> seconds;
  for (const search::Trial& trial : trials_->all()) {
    if (trial.state == "elsewhere") continue;
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
void SweepRun::write_best(const SweepTable& table) const {
  const std::vector<SweepRank> ranks = ranked(table);
  if (ranks.empty()) return;
  std::ifstream stream(fs::path(ranks.front().best->run) / "recipe.toml");
  std::stringstream text;
  text << stream.rdbuf();
  const std::string bytes = text.str();
  weights::write_whole_file(fs::path(options_.out) / "best.toml", std::array{std::string_view(bytes)});
}

}  // namespace aviary::commands
