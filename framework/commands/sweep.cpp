#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/sweep_run.hpp"
#include "distributed/launch.hpp"
#include "search/parts.hpp"
#include "search/planned_sweep.hpp"
#include "search/sweep.hpp"
#include "training/compute.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

void require_share(const SweepOptions& options) {
  if (options.worker && !options.merge.empty())
    throw Error("--worker trains, --merge makes one sweep of what workers have trained: expected one of them", Fault::usage);
  if (options.worker && !options.workers)
    throw Error(fmt::format("--worker {} is given without --workers; expected how many there are in all", *options.worker),
                Fault::usage);
  if (options.workers && !options.worker)
    throw Error(fmt::format("--workers {} is given without --worker; expected which of them this is, 0 to {}", *options.workers,
                            *options.workers - 1),
                Fault::usage);
  if (options.worker && (*options.worker < 0 || *options.worker >= *options.workers))
    throw Error(fmt::format("--worker {} of --workers {}; expected 0 to {}, as in a job array with indices that begin at 0",
                            *options.worker, *options.workers, *options.workers - 1),
                Fault::usage);
}

void require_divisible(const search::Sweep& sweep) {
  if (sweep.settings.strategy != "asha") return;
  const recipe::Entry& strategy = *std::ranges::find(sweep.written, "sweep.strategy", &recipe::Entry::key);
  throw recipe::RecipeError({{strategy.node.place,
                              "sweep.strategy is asha, which stops trainings by what all others come to, and workers of their "
                              "own do not know that; expected random or grid, or one --out for all, on a file system with "
                              "locks, without --worker"}});
}

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

// The trials of a worker.
std::vector<search::Trial> own_share(const SweepOptions& options, std::vector<search::Trial> trials, const Global& global) {
  const std::int64_t most = search::deal(trials, *options.worker, *options.workers);
  if (*options.worker >= most && !global.quiet)
    fmt::print(stderr,
               "worker {} has nothing to train: the sweep is enough for {} workers, as trainings with a common beginning stay "
               "with one\n",
               *options.worker, most);
  return trials;
}

// What workers have trained, and what --out has of an earlier merge.
std::vector<search::Gathered> gather(const SweepOptions& options, const search::Sweep& sweep,
                                     const search::PlannedSweep& plan) {
  std::vector<fs::path> parts = search::find_parts(options.merge);
  if (fs::exists(fs::path(options.out) / "sweep.db")) parts.emplace_back(options.out);
  std::vector<search::Gathered> gathered = search::gather(parts, written_down(options, sweep, plan));
  for (const auto& [trial, part] : gathered)
    if (trial.point >= std::ssize(sweep.points))
      throw Error(fmt::format("{} has a trial of point {}, and the sweep has {} points; expected the --trials that its worker "
                              "was given",
                              part.string(), trial.point + 1, sweep.points.size()),
                  Fault::usage);
  return gathered;
}

void merge(const SweepOptions& options, const search::Sweep& sweep, const search::PlannedSweep& plan, Global& global) {
  const std::vector<search::Gathered> gathered = gather(options, sweep, plan);
  std::vector<search::Trial> trials;
  for (const auto& [trial, part] : gathered) {
    trials.push_back(trial);
    if (trial.state != "skipped") trials.back().state = "waiting";
  }
  SweepRun(options, sweep, plan, trials, global).merge(gathered);
}

void sweep(SweepOptions& options, Global& global) {
  distributed::forget_launch();
  if (options.sweep.empty() == options.ablate.empty())
    throw Error("expected the file of a sweep, or --ablate with a recipe", Fault::usage);
  require_share(options);
  plugins::Catalogue catalogue = global.catalogue();
  const search::Sweep sweep = read(options, catalogue);
  if (options.worker || !options.merge.empty()) require_divisible(sweep);
  search::PlannedSweep plan(sweep, options.changes.settings(), options.scale, catalogue);
  if (options.out.empty()) options.out = (options.ablate.empty() ? "runs/" : "runs/ablate-") + sweep.name;
  if (!options.merge.empty()) return merge(options, sweep, plan, global);
  if (!options.device.empty()) training::require_device(options.device);
  plan.look_at_data();
  std::vector<search::Trial> trials = plan.trials();
  if (options.worker) {
    options.out += fmt::format("/worker-{}-of-{}", *options.worker, *options.workers);
    trials = own_share(options, std::move(trials), global);
  }
  SweepRun(options, sweep, plan, trials, global).run();
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
  add_device(*command, options->device);
  command->add_option("--out", options->out, "where trainings and tables go (default runs/NAME)")->type_name("DIR");
  command->add_option("--worker", options->worker, "train one share of the trials alone, into DIR/worker-I-of-N: 0 to N - 1")
      ->type_name("I");
  command->add_option("--workers", options->workers, "with --worker: shares that there are")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N");
  command->add_option("--merge", options->merge, "make one sweep of workers' folders, or of a folder that holds them")
      ->type_name("DIR");
  options->changes.add_changes_to(*command);
  command->footer(
      "aviary sweep wide_resnet/batch-and-rate --data pictures --scale 0.1\n"
      "aviary sweep wide_resnet/attempt-n --worker $SLURM_ARRAY_TASK_ID --workers 3\n"
      "aviary sweep wide_resnet/attempt-n --merge runs/attempt-n\n"
      "aviary sweep --ablate demo/fashion-mnist --seeds 2");
  command->fallthrough();
  command->callback([options, &global] { sweep(*options, global); });
}

}  // namespace aviary::commands
