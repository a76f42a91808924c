#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/run_record.hpp"
#include "commands/session.hpp"
#include "training/compute.hpp"
#include "training/continuation.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct ForkOptions {
  std::string origin;
  std::string at;
  std::string run;
  RecipeOptions changes;
  SessionOptions session;
};

// What the origin logged up to its checkpoint. Where that is lost, the new run's log begins here.
std::uint64_t copy_beginning(const fs::path& from, const fs::path& to, std::uint64_t length) {
  std::ifstream source(from, std::ios::binary);
  std::string bytes(length, '\0');
  if (!source.read(bytes.data(), static_cast<std::streamsize>(length))) return 0;
  std::ofstream copy(to, std::ios::binary);
  copy.write(bytes.data(), static_cast<std::streamsize>(length));
  if (!copy.flush()) throw Error(fmt::format("cannot write {}", to.string()));
  return length;
}

// The checkpoint, and the best one so far, into the new run.
void copy_state(const results::RunFolder& origin, const fs::path& checkpoint, const results::RunFolder& run,
                const training::Experiment& experiment, training::Position& position) {
  position.events_bytes = copy_beginning(origin.events_file(), run.events_file(), position.events_bytes);
  position.metrics_bytes = copy_beginning(origin.metrics_file(), run.metrics_file(), position.metrics_bytes);
  // Its later epochs are forgotten when the new run goes on.
  if (fs::exists(origin.tensorboard())) fs::copy(origin.tensorboard(), run.tensorboard(), fs::copy_options::recursive);
  const std::string name = checkpoint.filename().string();
  const std::string best = position.best ? results::epoch_name(*position.best) : name;
  if (best != name && fs::exists(origin.checkpoints() / best))
    fs::copy(origin.checkpoints() / best, run.checkpoints() / best, fs::copy_options::recursive);
  else if (best != name)  // the origin found a better one later, and kept that
    position.best = name == results::epoch_name(position.epoch) ? std::optional(position.epoch) : std::nullopt;
  training::save_checkpoint(run.checkpoints() / name, training::snapshot_of(experiment, position));
  run.link("last", name);
  if (position.best) run.link("best", results::epoch_name(*position.best));
}

void fork(ForkOptions& options, Global& global) {
  const results::RunFolder origin = results::RunFolder::open(options.origin);
  const fs::path checkpoint = options.at.empty() ? origin.checkpoint() : origin.checkpoint(options.at);
  plugins::Catalogue catalogue = global.catalogue();
  RunRecord record = read_record(origin, options.changes.settings(), catalogue);
  if (!options.session.workers) options.session.workers = record.session.workers;
  if (!options.session.compute.threads) options.session.compute.threads = record.session.compute.threads;
  if (!options.session.limit_batches) options.session.limit_batches = record.session.limit_batches;
  record.session = options.session;
  options.session.compute.choose();
  training::Experiment experiment(record.recipe);
  training::Position position = training::load_checkpoint(checkpoint, experiment);
  if (position.batch > 0 && position.processes > 1)
    throw Error(fmt::format("{} is within an epoch of {} processes, and a fork begins with one; expected the end of an epoch: "
                            "--at epoch-N",
                            checkpoint.string(), position.processes),
                Fault::usage);
  if (record.recipe.training.epochs <= position.epoch)
    throw Error(fmt::format("{} has trained {} epochs, and training.epochs is {}; expected more: --epochs N, or an earlier "
                            "checkpoint with --at",
                            checkpoint.string(), position.epoch, record.recipe.training.epochs),
                Fault::usage);
  training::accept_changes(record.changes, position);
  const results::RunFolder run = new_run(options.run, record.recipe);
  const weights::Descriptor lock = run.lock();
  copy_state(origin, checkpoint, run, experiment, position);
  write_record(run, record.recipe, options.session, record.parent, {checkpoint});
  write_changes(run, record, experiment, position);
  run_session(experiment, run, position, options.session, global);
}

}  // namespace

void add_fork(CLI::App& app, Global& global) {
  auto options = std::make_shared<ForkOptions>();
  CLI::App* const command = app.add_subcommand("fork", "begin a new run from a checkpoint of another");
  command->add_option("RUN", options->origin, "a run folder, or one of its checkpoints: RUN/epoch-12")->required();
  command->add_option("--at", options->at, "the checkpoint: epoch-12, best, last (default: best, where there is one)")
      ->type_name("NAME");
  options->changes.add_changes_to(*command);
  add_run(*command, options->run);
  options->session.add_to(*command);
  command->footer("aviary fork runs/first --epochs 20 --set optimizer.lr=0.01 --run runs/second");
  command->fallthrough();
  command->callback([options, &global] { fork(*options, global); });
}

}  // namespace aviary::commands
