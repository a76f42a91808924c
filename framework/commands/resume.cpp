#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/processes.hpp"
#include "commands/run_record.hpp"
#include "commands/session.hpp"
#include "results/run_result.hpp"
#include "training/compute.hpp"
#include "training/continuation.hpp"

namespace aviary::commands {
namespace {

struct ResumeOptions {
  std::string run;
  RecipeOptions changes;
  std::string device;      ///< empty: the one that it was begun on
  SessionOptions session;  ///< its limit of time; the rest is as the run was begun
};

void refuse_finished(const results::RunFolder& run, const RunRecord& record, std::int64_t epoch) {
  const std::int64_t epochs = record.recipe.training.epochs;
  if (epochs < epoch)
    throw Error(fmt::format("{} has trained {} epochs; {} cannot be left of them", run.path().string(), epoch, epochs),
                Fault::usage);
  // An early stop may be what a change is meant to undo.
  const results::RunResult result = results::read_result(run);
  if (result.finished && result.epochs == epoch && (epochs == epoch || record.changes.empty()))
    throw Error(fmt::format("{} has trained its {} epochs; there is nothing to go on with (--epochs N makes it longer)",
                            run.path().string(), epoch),
                Fault::usage);
}

void resume(const ResumeOptions& options, Global& global, const distributed::World& world) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  if (run.named())
    throw Error(fmt::format("a run goes on from its last checkpoint: aviary resume {}; a new one begins from another: aviary "
                            "fork {}",
                            run.path().string(), options.run),
                Fault::usage);
  std::optional<weights::Descriptor> lock;
  if (world.leads()) lock = run.lock();
  plugins::Catalogue catalogue = global.catalogue();
  RunRecord record = read_record(run, options.changes.settings(), catalogue);
  record.session.stop_after = options.session.stop_after;
  if (record.session.processes != world.size()) record.session.compute.threads.reset();
  const std::string begun_on = record.session.compute.device;
  if (!options.device.empty())
    record.session.compute.device = options.device;
  else if (world.size() > 1 && begun_on != "cpu")
    record.session.compute.device = "cuda";  // each its own
  record.session.compute.choose(world);
  training::Experiment experiment(record.recipe, world);
  require_same(world, record.recipe, experiment.dataset);
  training::Position position;
  if (world.leads()) {
    position = training::load_newest_checkpoint(run, experiment);
    refuse_finished(run, record, position.epoch);
    training::accept_changes(record.changes, position);
    note_change(record, "the number of processes", std::to_string(record.session.processes), std::to_string(world.size()));
    note_change(record, "the device", begun_on, training::compute_device().str());
    record.session.processes = world.size();
    write_changes(run, record, experiment, position);
  }
  run_session(experiment, run, position, record.session, global);
}

}  // namespace

void add_resume(CLI::App& app, Global& global) {
  auto options = std::make_shared<ResumeOptions>();
  CLI::App* const command = app.add_subcommand("resume", "go on with a run, with its own device, threads and workers");
  command->add_option("RUN", options->run, "a run folder")->required();
  options->changes.add_changes_to(*command);
  command
      ->add_option("--device", options->device, "what computes: cpu, cuda, cuda:N or auto (default: what the run was begun on)")
      ->type_name("D");
  options->session.add_stop_after_to(*command);
  command->footer("aviary resume runs/first --epochs 10");
  command->fallthrough();
  command->callback(
      [options, &global] { together(global, [&](const distributed::World& world) { resume(*options, global, world); }); });
}

}  // namespace aviary::commands
