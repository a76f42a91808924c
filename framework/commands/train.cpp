#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/session.hpp"
#include "results/environment.hpp"
#include "training/compute.hpp"
#include "training/loader_workers.hpp"
#include "training/trained_model.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct Options {
  RecipeOptions recipe;
  SessionOptions session;
  std::string run;
};

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

// The run must find its files from wherever it is continued or evaluated.
void make_paths_absolute(recipe::Recipe& recipe) {
  const auto table = [&](const char* key) { return recipe.resolved.table()->find(key)->node.table(); };
  recipe.data.path = absolute(recipe.data.path);
  table("data")->find("path")->node.value = recipe.data.path;
  if (!recipe.start.weights) return;
  recipe.start.weights = absolute(*recipe.start.weights);
  table("model")->find("weights")->node.value = *recipe.start.weights;
}

void plugin_files(const recipe::ComponentRecipe& component, std::set<fs::path>& files) {
  files.insert(component.callee.file);
  for (const auto& [key, inner] : component.components)
    for (const recipe::ComponentRecipe& each : inner) plugin_files(each, files);
}

std::vector<fs::path> plugin_files(const recipe::Recipe& recipe) {
  std::set<fs::path> files;
  for (const auto* const component : {&recipe.model, &recipe.optimizer, &recipe.scheduler}) plugin_files(*component, files);
  for (const recipe::ComponentRecipe& component : recipe.augment) plugin_files(component, files);
  return {files.begin(), files.end()};
}

std::vector<std::string> command_line() {
  std::vector<std::string> words;
  std::ifstream stream("/proc/self/cmdline");
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

// The recipe last: a folder that has one is a run.
void write_beginning(const results::RunFolder& run, const recipe::Recipe& recipe, const SessionOptions& session) {
  nlohmann::json environment = results::describe_environment({.device = training::compute_device().str(),
                                                              .threads = *session.threads,
                                                              .workers = *session.workers,
                                                              .plugin_files = plugin_files(recipe),
                                                              .command_line = command_line()});
  environment["recipe"] = recipe.name;
  if (session.limit_batches) environment["limit_batches"] = *session.limit_batches;
  const std::string json = environment.dump(2) + "\n";
  weights::write_whole_file(run.environment_file(), std::array{std::string_view(json)});
  const std::string text = recipe::to_toml(recipe.resolved, true);
  weights::write_whole_file(run.recipe_file(), std::array{std::string_view(text)});
}

void train(Options& options, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  make_paths_absolute(recipe);
  options.session.threads = training::set_compute_threads(options.session.threads);
  training::Experiment experiment(recipe);
  for (const recipe::Complaint& warning : recipe.warnings) experiment.dataset.notices.push_back(to_string(warning));
  for (const std::string& notice : training::start_from_weights(experiment.recipe(), *experiment.learner.model))
    experiment.dataset.notices.push_back(notice);
  if (!options.session.workers) options.session.workers = training::measure_workers(experiment, *options.session.threads);
  const results::RunFolder run = options.run.empty() ? results::RunFolder::create_by_time(experiment.recipe().name)
                                                     : results::RunFolder::create(options.run);
  const weights::Descriptor lock = run.lock();
  write_beginning(run, experiment.recipe(), options.session);
  run_session(experiment, run, {}, options.session, global);
}

}  // namespace

void add_train(CLI::App& app, Global& global) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand("train", "train a recipe's model");
  options->recipe.add_to(*command);
  command->add_option("--run", options->run, "where the run folder goes (default runs/RECIPE/TIME)")->type_name("DIR");
  add_count(*command, "--threads", options->session.threads, "compute threads (default: the cores)");
  add_count(*command, "--workers", options->session.workers,
            "threads that prepare pictures (default: as many as keep up with the model)");
  command->add_option("--limit-batches", options->session.limit_batches, "batches per epoch and split: a quick look")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->fallthrough();
  command->callback([options, &global] { train(*options, global); });
}

}  // namespace aviary::commands
