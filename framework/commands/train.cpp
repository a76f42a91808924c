#include <memory>
#include <optional>

#include "commands/command.hpp"
#include "commands/processes.hpp"
#include "commands/profile.hpp"
#include "commands/run_record.hpp"
#include "commands/session.hpp"
#include "training/compute.hpp"
#include "training/loader_workers.hpp"
#include "training/precision.hpp"
#include "training/profile.hpp"
#include "training/trained_model.hpp"

namespace aviary::commands {
namespace {

struct TrainOptions {
  RecipeOptions recipe;
  SessionOptions session;
  std::string run;
  bool profile = false;
};

void train(TrainOptions& options, Global& global, const distributed::World& world) {
  if (options.profile && world.size() > 1)
    throw Error("--profile is of one process; start it without a launcher", Fault::usage);
  plugins::Catalogue catalogue = global.catalogue();
  recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  make_data_path_absolute(recipe);
  training::find_start(recipe);
  const int threads = options.session.compute.choose(world);
  options.session.processes = world.size();
  training::settle_precision(recipe, world);
  training::Experiment experiment(recipe, world);
  require_same(world, recipe, experiment.dataset);
  for (const std::string& notice :
       training::start_from_weights(experiment.recipe(), *experiment.learner.model, experiment.dataset.classes))
    experiment.dataset.notices.push_back(notice);
  if (options.profile) return print_profile(training::profile(experiment), experiment.recipe(), global);
  if (!options.session.workers) options.session.workers = training::measure_workers(experiment, threads);
  std::optional<weights::Descriptor> lock;
  const results::RunFolder run = folder_of_first(world, [&] {
    results::RunFolder made = new_run(options.run, experiment.recipe());
    lock = made.lock();
    write_record(made, experiment.recipe(), options.session, parent_of(experiment.recipe(), catalogue));
    return made;
  });
  run_session(experiment, run, {}, options.session, global);
}

}  // namespace

void add_train(CLI::App& app, Global& global) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* const command = app.add_subcommand("train", "train a recipe's model");
  options->recipe.add_to(*command);
  add_run(*command, options->run);
  options->session.add_to(*command);
  command->add_flag("--profile", options->profile,
                    "show where the time of a training step goes, from ten seconds of them, and train nothing");
  command->footer(
      "aviary train demo/fashion-mnist --run runs/first\n"
      "aviary train demo/fashion-mnist --epochs 10 --set optimizer.lr=0.05\n"
      "aviary train demo/fashion-mnist --profile");
  command->fallthrough();
  command->callback(
      [options, &global] { together(global, [&](const distributed::World& world) { train(*options, global, world); }); });
}

}  // namespace aviary::commands
