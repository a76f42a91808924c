#include "commands/session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "commands/interrupt.hpp"
#include "recipe/duration.hpp"
#include "results/blas.hpp"
#include "results/event_feed.hpp"
#include "results/event_json.hpp"
#include "results/event_log.hpp"
#include "results/pages.hpp"
#include "results/progress_line.hpp"
#include "results/report.hpp"
#include "results/tensorboard.hpp"
#include "training/compute.hpp"
#include "training/preview.hpp"
#include "training/trainer.hpp"

namespace aviary::commands {
namespace {

nlohmann::ordered_json outcome_json(const training::Experiment& experiment, const results::RunFolder& run,
                                    const training::Outcome& outcome) {
  nlohmann::ordered_json json = {{"run", run.path().string()},
                                 {"epochs", experiment.recipe().training.epochs},
                                 {"parameters", experiment.learner.parameter_count()},
                                 {"interrupted", outcome.interrupted},
                                 {"images_per_second", outcome.images_per_second},
                                 {"seconds", outcome.seconds},
                                 {"train", results::to_json(outcome.train)}};
  if (outcome.out_of_time) json["out_of_time"] = true;
  if (outcome.seconds_left) json["seconds_left"] = *outcome.seconds_left;
  if (outcome.best)
    json["best"] = {
        {"epoch", *outcome.best - 1}, {"metric", experiment.recipe().training.metric}, {"value", *outcome.best_value}};
  if (outcome.validation) json["validation"] = results::to_json(*outcome.validation);
  if (outcome.ema) json["ema"] = results::to_json(*outcome.ema);
  if (outcome.swa) json["swa"] = results::to_json(*outcome.swa);
  if (outcome.test) json["test"] = results::to_json(*outcome.test);
  return json;
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
      {"time", fmt::format("{}, {:.0f} images/s in training", duration_text(outcome.seconds), outcome.images_per_second)});
  print_columns(rows);
}

// For TensorBoard; empty where the pictures cannot be had, for which the training itself has the words.
cv::Mat sample_sheet(const training::Experiment& experiment, std::int64_t epoch) {
  try {
    return results::draw_contact_sheet(training::sample_rows(experiment, epoch));
  } catch (const Error&) {
    return {};
  }
}

// What a process that shows nothing else has to tell.
class Notices final : public results::Listener {
 public:
  explicit Notices(std::string process) : process_(std::move(process)) {}
  void notice(const results::Notice& notice) override { fmt::print(stderr, "{}: {}\n", process_, notice.text); }

 private:
  std::string process_;
};

using Clock = std::chrono::steady_clock;

// A machine's session began at the latest when the program did.
const Clock::time_point program_began = Clock::now();

std::optional<Clock::time_point> deadline(const std::optional<std::chrono::seconds>& limit) {
  if (!limit) return std::nullopt;
  return program_began + std::chrono::duration_cast<Clock::duration>(usable(*limit));
}

std::string how_to_go_on(const results::RunFolder& run) { return "To go on: aviary resume " + run.path().string(); }

void show_outcome(const training::Experiment& experiment, const results::RunFolder& run, const training::Outcome& outcome,
                  Global& global) {
  if (global.json)
    print(outcome_json(experiment, run, outcome));
  else if (!outcome.interrupted && !outcome.out_of_time && !global.quiet)
    print_outcome(experiment, run, outcome);
  if (outcome.out_of_time && !global.json && !global.quiet)
    fmt::print(stderr, "stopped after {}; {} of {} epochs are complete{}. {}\n", duration_text(outcome.seconds), outcome.epochs,
               experiment.recipe().training.epochs,
               outcome.seconds_left ? fmt::format(", about {} are left", duration_text(*outcome.seconds_left)) : "",
               how_to_go_on(run));
  if (!outcome.interrupted) return;
  if (!global.json) fmt::print(stderr, "interrupted; a checkpoint was saved. {}\n", how_to_go_on(run));
  global.exit_code = interrupted;
}

}  // namespace

void SessionOptions::add_to(CLI::App& command) {
  compute.add_to(command);
  add_count(command, "--workers", workers, "threads that prepare pictures (default: as many as keep up with the model)");
  command.add_option("--limit-batches", limit_batches, "batches per epoch and split: a quick look")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  add_stop_after_to(command);
}

void SessionOptions::add_stop_after_to(CLI::App& command) {
  const auto complaint = [](const std::string& text) -> std::string {
    return recipe::session_limit(text) ? "" : fmt::format("expected a limit {}, not {}", recipe::session_limit_examples, text);
  };
  command
      .add_option("--stop-after", stop_after, "save and end before the program has run so long: 8h30m; or after \"epoch 10\"")
      ->check(complaint)
      ->type_name("LIMIT");
}

std::chrono::duration<double> usable(std::chrono::seconds session) {
  constexpr std::chrono::duration<double> most(60);
  const std::chrono::duration<double> whole = session;
  return whole - std::min(most, whole / 100);
}

void run_session(training::Experiment& experiment, const results::RunFolder& run, training::Position position,
                 const SessionOptions& options, Global& global) {
  experiment.world().advise(fmt::format("aviary resume {} goes on from its last checkpoint", run.path().string()));
  training::share_state(experiment, position);
  const std::string& stop_after =
      options.stop_after.empty() ? experiment.recipe().training.stop_after.value_or("") : options.stop_after;
  const auto limit = recipe::session_limit(stop_after).value_or(recipe::SessionLimit{});
  const training::TrainerOptions trainer_options{.workers = options.workers.value_or(1),
                                                 .limit_batches = options.limit_batches,
                                                 .deadline = deadline(limit.time),
                                                 .last_epoch = limit.epoch};
  if (!experiment.world().leads()) {
    Notices notices(experiment.world().name(experiment.world().rank()));
    training::Trainer trainer(experiment, run, nullptr, trainer_options, catch_interrupts(), {&notices});
    if (trainer.run(position).interrupted) global.exit_code = interrupted;
    return;
  }
  results::EventLog log(run, {position.events_bytes, position.metrics_bytes});
  results::ProgressLine progress(results::screen_of(stderr), {.color = global.colored(), .quiet = global.quiet || global.json});
  if (results::reference_blas())
    progress.notice({"LibTorch computes with the slow reference BLAS; apt install libopenblas0-pthread makes training faster"});
  if (training::onednn_is_wrong())
    progress.notice(
        {"LibTorch's oneDNN gives wrong convolutions on this processor; it is switched off, and training is slower: try "
         "ONEDNN_MAX_CPU_ISA=SSE41 in the environment, or another LibTorch"});
  for (const std::string& notice : experiment.dataset.notices) progress.notice({notice});
  results::EventFeed feed(experiment.recipe(), run, [&](const std::string& sentence) {
    progress.notice({sentence});
    log.notice({sentence});
  });
  std::optional<results::TensorBoard> tensorboard;
  std::vector<results::Listener*> listeners = {&progress, &feed};
  if (experiment.recipe().log.tensorboard)
    listeners.push_back(&tensorboard.emplace(
        run, results::TensorBoard::Beginning{.recipe = recipe::to_toml(experiment.recipe().resolved, false),
                                             .pictures = sample_sheet(experiment, position.epoch)}));
  results::Report report(run,
                         {experiment.recipe(), experiment.dataset, *experiment.learner.model,
                          [&] { return training::sample_rows(experiment, position.epoch); }},
                         [&](const std::string& sentence) { progress.notice({sentence}); });
  if (results::has_pages()) listeners.push_back(&report);  // else the build said so, and doctor does
  training::Trainer trainer(experiment, run, &log, trainer_options, catch_interrupts(), listeners);
  const auto finish_feed = [&] {
    for (const std::string& sentence : feed.finish()) progress.notice({sentence});
  };
  try {
    show_outcome(experiment, run, trainer.run(position), global);
  } catch (const std::exception& error) {
    const std::string_view text = error.what();
    feed.failed(std::string(text.substr(0, text.find('\n'))));
    finish_feed();
    throw;
  }
  finish_feed();
}

}  // namespace aviary::commands
