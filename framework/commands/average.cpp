#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/run_record.hpp"
#include "commands/session.hpp"
#include "training/checkpoint.hpp"
#include "training/compute.hpp"
#include "training/soup.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct AverageOptions {
  std::vector<std::string> sources;
  std::string run;
  std::string data;
  ComputeOptions compute;
  std::optional<int> workers;
};

void average(const AverageOptions& options, Global& global) {
  std::vector<fs::path> checkpoints;
  std::vector<fs::path> files;
  for (const std::string& source : options.sources) {
    checkpoints.push_back(results::RunFolder::open(source).checkpoint());
    files.push_back(checkpoints.back() / "model.safetensors");
  }
  plugins::Catalogue catalogue = global.catalogue();
  std::vector<std::string> settings;
  if (!options.data.empty()) settings.push_back("data.path=" + to_toml(Value(options.data)));
  RunRecord record = read_record(results::RunFolder::open(options.sources.front()), settings, catalogue);
  SessionOptions& session = record.session;
  session.compute = options.compute;
  session.workers = options.workers.value_or(std::min(options.compute.choose(), 4));
  training::Experiment experiment(record.recipe);
  training::average_weights(experiment, files);
  const results::RunFolder run = new_run(options.run, record.recipe);
  if (!training::renew_batch_statistics(experiment, *session.workers, catch_interrupts())) {
    fs::remove_all(run.path());
    global.exit_code = interrupted;
    return;
  }
  fs::create_directory(run.checkpoints() / "average");
  training::save_weights(run.checkpoints() / "average/model.safetensors", experiment);
  run.link("last", "average");
  write_record(run, record.recipe, session, record.parent, checkpoints);

  std::vector<std::string> names;
  for (const fs::path& checkpoint : checkpoints) names.push_back(checkpoint.string());
  if (global.json) return print({{"run", run.path().string()}, {"checkpoints", names}});
  std::vector<std::vector<std::string>> rows = {{"run", run.path().string()}};
  for (const std::string& name : names) rows.push_back({"average of", name});
  if (!global.quiet) print_columns(rows);
}

}  // namespace

void add_average(CLI::App& app, Global& global) {
  auto options = std::make_shared<AverageOptions>();
  CLI::App* const command = app.add_subcommand("average", "one set of weights from several checkpoints, as a run of its own");
  command->add_option("RUN", options->sources, "runs, or their checkpoints: RUN/epoch-12")->required()->expected(2, 1000);
  command->add_option("--data", options->data, "the data's folder, over the first run's")->type_name("DIR");
  add_run(*command, options->run);
  options->compute.add_to(*command);
  add_count(*command, "--workers", options->workers, "threads that prepare pictures");
  command->footer("aviary average runs/first runs/second --run runs/average");
  command->fallthrough();
  command->callback([options, &global] { average(*options, global); });
}

}  // namespace aviary::commands
