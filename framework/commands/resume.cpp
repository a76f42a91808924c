#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/session.hpp"
#include "results/event_log.hpp"
#include "training/compute.hpp"

namespace aviary::commands {
namespace {

SessionOptions session_of(const results::RunFolder& run) {
  std::ifstream stream(run.environment_file());
  const auto environment = nlohmann::json::parse(stream, nullptr, false);
  SessionOptions session;
  try {
    session.recipe = environment.at("recipe").get<std::string>();
    session.threads = environment.at("threads").get<int>();
    session.workers = environment.at("workers").get<int>();
    if (environment.contains("limit_batches")) session.limit_batches = environment["limit_batches"].get<std::int64_t>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{} is damaged or missing", run.environment_file().string()), Fault::work, error.what());
  }
  return session;
}

void resume(const std::string& path, Global& global) {
  const results::RunFolder run = results::RunFolder::open(path);
  const weights::Descriptor lock = run.lock();
  plugins::Catalogue catalogue = global.catalogue();
  SessionOptions session = session_of(run);
  session.threads = training::set_compute_threads(session.threads);
  recipe::Recipe recipe = recipe::read_recipe(run.recipe_file().string(), {}, catalogue);
  recipe.name = session.recipe;
  training::Experiment experiment(recipe);
  const training::Position position = training::load_newest_checkpoint(run, experiment);
  if (results::finished_after(run) == position.epoch)
    throw Error(
        fmt::format("{} has trained its {} epochs; there is nothing to go on with", run.path().string(), position.epoch),
        Fault::usage);
  run_session(experiment, run, position, session, global);
}

}  // namespace

void add_resume(CLI::App& app, Global& global) {
  auto run = std::make_shared<std::string>();
  CLI::App* const command = app.add_subcommand("resume", "go on with an interrupted run, with its own threads and workers");
  command->add_option("RUN", *run, "a run folder")->required();
  command->fallthrough();
  command->callback([run, &global] { resume(*run, global); });
}

}  // namespace aviary::commands
