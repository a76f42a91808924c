#include <algorithm>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "results/plot.hpp"
#include "results/progress_line.hpp"
#include "training/compute.hpp"
#include "training/loader_workers.hpp"
#include "training/precision.hpp"
#include "training/rate_range.hpp"
#include "training/trained_model.hpp"

namespace aviary::commands {
namespace {

struct LrFindOptions {
  RecipeOptions recipe;
  training::RateRangeOptions range;
  ComputeOptions compute;
  std::optional<int> workers;
  bool csv = false;
  std::string plot;
};

void print_json(const training::RateRange& range) {
  auto steps = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < range.rates.size(); ++i)
    steps.push_back({{"lr", range.rates[i]}, {"loss", range.losses[i]}, {"smoothed", range.smoothed[i]}});
  nlohmann::ordered_json json = {{"suggestion", nullptr}, {"diverged", range.diverged}, {"steps", steps}};
  if (range.suggestion) json["suggestion"] = *range.suggestion;
  print(json);
}

void print_csv(const training::RateRange& range) {
  fmt::print("lr,loss,smoothed\n");
  for (std::size_t i = 0; i < range.rates.size(); ++i)
    fmt::print("{},{},{}\n", range.rates[i], range.losses[i], range.smoothed[i]);
}

void print_table(const training::RateRange& range) {
  std::vector<std::vector<std::string>> rows = {{"lr", "loss", "smoothed"}};
  for (std::size_t i = 0; i < range.rates.size(); ++i)
    rows.push_back({fmt::format("{:.3g}", range.rates[i]), fmt::format("{:.4f}", range.losses[i]),
                    fmt::format("{:.4f}", range.smoothed[i])});
  print_columns(rows);
}

// Far above where it began, the loss would press the rest of the curve flat.
results::Plot plot_of(const training::RateRange& range) {
  results::Curve curve{"loss, smoothed", range.smoothed};
  const double most = 1.5 * curve.values.front();
  std::ranges::replace_if(
      curve.values, [&](double loss) { return loss > most; }, std::numeric_limits<double>::quiet_NaN());
  return {"learning rate", "loss", {std::move(curve)}, range.rates};
}

std::string verdict(const training::RateRange& range, const std::string& type) {
  if (range.rates.empty()) return "no suggestion: the training diverges at the first of these rates; begin --from a lower one";
  const std::string end = range.diverged ? fmt::format("; above {:.2g} the training diverges", range.rates.back()) : "";
  if (!range.suggestion) return "no suggestion: the loss falls nowhere in this range" + end;
  return fmt::format("suggestion for {}: lr = {:.2g}, where the loss falls fastest{}", type, *range.suggestion, end);
}

void find(LrFindOptions& options, const Global& global) {
  if (options.range.lowest >= options.range.highest)
    throw Error(fmt::format("--from {} is not below --to {}", options.range.lowest, options.range.highest), Fault::usage);
  plugins::Catalogue catalogue = global.catalogue();
  recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  const int threads = options.compute.choose();
  training::settle_precision(recipe);
  training::Experiment experiment(recipe);
  results::ProgressLine progress(results::screen_of(stderr), {.color = global.colored(), .quiet = global.quiet || global.json});
  for (const std::string& notice : experiment.dataset.notices) progress.notice({notice});
  for (const std::string& notice : training::start_from_weights(recipe, *experiment.learner.model, experiment.dataset.classes))
    progress.notice({notice});
  options.range.workers = options.workers ? *options.workers : training::measure_workers(experiment, threads);
  const training::RateRange range = training::find_rates(experiment, options.range, progress);
  progress.ended({});
  if (global.json)
    print_json(range);
  else if (options.csv)
    print_csv(range);
  else
    print_table(range);
  if (range.rates.size() > 1 && !options.plot.empty()) results::write_plot(plot_of(range), options.plot);
  if (global.json || options.csv) return;
  if (range.rates.size() > 1 && options.plot.empty()) fmt::print("\n{}", results::plot_text(plot_of(range)));
  fmt::print("\n{}\n", verdict(range, recipe.optimizer.type));
}

}  // namespace

void add_lr_find(CLI::App& app, Global& global) {
  auto options = std::make_shared<LrFindOptions>();
  CLI::App* const command =
      app.add_subcommand("lr-find", "the learning-rate range test: trains for some steps while the rate rises; writes nothing");
  options->recipe.add_to(*command);
  const auto rate = CLI::Range(1e-12, 1e6);
  command->add_option("--from", options->range.lowest, "the first learning rate (default 1e-6)")->check(rate)->type_name("LR");
  command->add_option("--to", options->range.highest, "the last one (default 10)")->check(rate)->type_name("LR");
  command->add_option("--steps", options->range.steps, "how many, each with a rate of its own (default 100)")
      ->check(CLI::Range(std::int64_t{10}, std::int64_t{100'000}))
      ->type_name("N");
  options->compute.add_to(*command);
  add_count(*command, "--workers", options->workers,
            "threads that prepare pictures (default: as many as keep up with the model)");
  command->add_flag("--csv", options->csv, "print the table as CSV, and no plot");
  add_plot(*command, options->plot);
  command->footer("aviary lr-find demo/fashion-mnist --steps 50");
  command->fallthrough();
  command->callback([options, &global] { find(*options, global); });
}

}  // namespace aviary::commands
