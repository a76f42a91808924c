#include "commands/session.hpp"

#include <cmath>

#include <fmt/format.h>

#include "commands/interrupt.hpp"
#include "results/blas.hpp"
#include "results/event_log.hpp"
#include "results/progress_line.hpp"
#include "training/trainer.hpp"

namespace aviary::commands {
namespace {

nlohmann::ordered_json scores_json(const results::Scores& scores) {
  return {{"loss", scores.loss}, {"top1", scores.top1}, {"pictures", scores.pictures}};
}

nlohmann::ordered_json outcome_json(const training::Experiment& experiment, const results::RunFolder& run,
                                    const training::Outcome& outcome) {
  nlohmann::ordered_json json = {{"run", run.path().string()},
                                 {"epochs", experiment.recipe().training.epochs},
                                 {"parameters", experiment.learner.parameter_count()},
                                 {"interrupted", outcome.interrupted},
                                 {"images_per_second", outcome.images_per_second},
                                 {"seconds", outcome.seconds},
                                 {"train", scores_json(outcome.train)}};
  if (outcome.best)
    json["best"] = {
        {"epoch", *outcome.best - 1}, {"metric", experiment.recipe().training.metric}, {"value", *outcome.best_value}};
  if (outcome.validation) json["validation"] = scores_json(*outcome.validation);
  if (outcome.ema) json["ema"] = scores_json(*outcome.ema);
  if (outcome.swa) json["swa"] = scores_json(*outcome.swa);
  if (outcome.test) json["test"] = scores_json(*outcome.test);
  return json;
}

std::string duration(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

void print_outcome(const training::Experiment& experiment, const results::RunFolder& run, const training::Outcome& outcome) {
  std::vector<std::vector<std::string>> rows = {{"run", run.path().string()},
                                                {"parameters", std::to_string(experiment.learner.parameter_count())}};
  if (outcome.train.pictures > 0) rows.push_back({"train top-1", fmt::format("{:.2f} %", 100 * outcome.train.top1)});
  if (outcome.best && experiment.recipe().training.metric == "validation.top1")
    rows.push_back({"best validation top-1", fmt::format("{:.2f} % (epoch {})", 100 * *outcome.best_value, *outcome.best)});
  else if (outcome.best)
    rows.push_back(
        {"best " + experiment.recipe().training.metric, fmt::format("{:.4f} (epoch {})", *outcome.best_value, *outcome.best)});
  if (outcome.swa) rows.push_back({"SWA validation top-1", fmt::format("{:.2f} % (checkpoints/swa)", 100 * outcome.swa->top1)});
  if (outcome.test)
    rows.push_back({"test top-1", fmt::format("{:.2f} % of {} pictures", 100 * outcome.test->top1, outcome.test->pictures)});
  rows.push_back(
      {"time", fmt::format("{}, {:.0f} images/s in training", duration(outcome.seconds), outcome.images_per_second)});
  print_columns(rows);
}

}  // namespace

void run_session(training::Experiment& experiment, const results::RunFolder& run, const training::Position& position,
                 const SessionOptions& options, Global& global) {
  results::EventLog log(run, {position.events_bytes, position.metrics_bytes});
  results::ProgressLine progress(results::screen_of(stderr), {.color = global.colored(), .quiet = global.quiet || global.json});
  const training::TrainerOptions trainer_options{.workers = options.workers.value_or(1),
                                                 .limit_batches = options.limit_batches};
  if (results::reference_blas())
    progress.notice({"LibTorch computes with the slow reference BLAS; apt install libopenblas0-pthread makes training faster"});
  for (const std::string& notice : experiment.dataset.notices) progress.notice({notice});
  training::Trainer trainer(experiment, run, log, trainer_options, catch_interrupts(), {&progress});
  const training::Outcome outcome = trainer.run(position);
  if (global.json)
    print(outcome_json(experiment, run, outcome));
  else if (!outcome.interrupted && !global.quiet)
    print_outcome(experiment, run, outcome);
  if (!outcome.interrupted) return;
  if (!global.json)
    fmt::print(stderr, "interrupted; a checkpoint was saved. To go on: aviary resume {}\n", run.path().string());
  global.exit_code = interrupted;
}

}  // namespace aviary::commands
