#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <aviary/model.hpp>

#include "commands/command.hpp"
#include "commands/session.hpp"
#include "network/layers.hpp"
#include "network/trace.hpp"
#include "recipe/duration.hpp"
#include "search/plan.hpp"
#include "training/compute.hpp"
#include "training/loader_workers.hpp"
#include "training/precision.hpp"

namespace aviary::commands {
namespace {

struct PlanOptions {
  RecipeOptions recipe;
  ComputeOptions compute;
  std::optional<int> workers;
  std::string session;
};

std::string gigabytes(std::int64_t bytes) { return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9); }

// Of a rented machine.
std::optional<std::int64_t> sessions(const std::string& limit, double seconds) {
  const auto time = recipe::duration(limit);
  if (!time) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(seconds / usable(*time).count()));
}

void plan(const PlanOptions& options, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  print_warnings(recipe, global);
  const int cores = options.compute.choose();
  training::settle_precision(recipe);
  training::Experiment experiment(recipe);
  const int workers = options.workers ? *options.workers : training::measure_workers(experiment, cores);
  const std::int64_t side = recipe.data.image_size;
  const auto layers = plugins::guarded(recipe.model.callee, [&] {
    return network::read_layers(network::trace(*training::make_model(recipe, experiment.learner.outputs), {3, side, side}));
  });
  const training::Calibration calibration = training::calibrate(experiment);
  const search::Plan plan = search::make_plan(experiment, calibration, cores, workers);
  const double epoch = plan.epochs.back();
  const std::string limit = options.session.empty() ? recipe.training.stop_after.value_or("") : options.session;
  const auto session_count = sessions(limit, plan.seconds);
  const std::int64_t memory = calibration.peak_bytes + calibration.cache_bytes;
  if (global.json) {
    nlohmann::ordered_json json = {{"parameters", layers.parameters},
                                   {"multiply_adds", layers.multiply_adds},
                                   {"memory", memory},
                                   {"seconds_per_epoch", epoch},
                                   {"epochs", plan.epochs},
                                   {"seconds", plan.seconds},
                                   {"bound", plan.bound},
                                   {"advice", plan.advice},
                                   {"seconds_with_advice", plan.seconds_with_advice},
                                   {"picture",
                                    {{"decode", calibration.decode},
                                     {"load", calibration.load},
                                     {"augment", calibration.augment},
                                     {"train", calibration.train},
                                     {"score", calibration.score}}},
                                   {"threads", cores},
                                   {"workers", workers}};
    if (session_count) json["sessions"] = *session_count;
    return print(json);
  }
  std::vector<std::vector<std::string>> rows = {
      {"parameters", grouped(layers.parameters)},
      {"multiply-adds", grouped(layers.multiply_adds) + " a picture"},
      {"memory", fmt::format("{}, {} of it cached pictures", gigabytes(memory), gigabytes(calibration.cache_bytes))},
      {"a picture", fmt::format("{:.2f} ms to train on; one thread takes {:.2f} ms to decode it, {:.2f} ms to augment it",
                                1e3 * calibration.train, 1e3 * calibration.decode, 1e3 * calibration.augment)},
      {"an epoch", fmt::format("{}, the first {}", duration_text(epoch), duration_text(plan.epochs.front()))},
      {"the training", fmt::format("{} for {} epochs", duration_text(plan.seconds), plan.epochs.size())}};
  if (session_count) rows.push_back({"sessions", fmt::format("{} of {}", *session_count, limit)});
  rows.push_back({"bound by", plan.bound});
  if (plan.seconds_with_advice < plan.seconds)
    rows.push_back({"what helps most", fmt::format("{}: {}", plan.advice, duration_text(plan.seconds_with_advice))});
  print_columns(rows);
}

}  // namespace

void add_plan(CLI::App& app, Global& global) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* const command =
      app.add_subcommand("plan", "how long a training will take and what it waits for, from ten seconds of it; writes nothing");
  options->recipe.add_to(*command);
  options->compute.add_to(*command);
  add_count(*command, "--workers", options->workers,
            "threads that prepare pictures (default: as many as keep up with the model)");
  const auto complaint = [](const std::string& text) -> std::string {
    return recipe::duration(text) ? "" : fmt::format("expected a duration {}, not {}", recipe::duration_examples, text);
  };
  command->add_option("--stop-after", options->session, "how many sessions of this length it takes: 8h30m")
      ->check(complaint)
      ->type_name("TIME");
  command->footer("aviary plan demo/fashion-mnist --stop-after 8h30m");
  command->fallthrough();
  command->callback([options, &global] { plan(*options, global); });
}

}  // namespace aviary::commands
