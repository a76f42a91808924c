#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "results/curves.hpp"
#include "results/plot.hpp"
#include "results/run_folder.hpp"

namespace aviary::commands {
namespace {

using nlohmann::ordered_json;

struct CurvesOptions {
  std::string run;
  std::string plot;
};

// Over the epochs from the training's first one; a run whose log begins later has a gap before.
results::Curve curve_over(const ordered_json& epochs, const ordered_json& values, const std::string& name) {
  const auto count = epochs.empty() ? 0 : epochs.back().get<std::size_t>();
  results::Curve curve{name, std::vector<double>(count, std::numeric_limits<double>::quiet_NaN())};
  for (std::size_t i = 0; i < epochs.size(); ++i)
    if (values[i].is_number()) curve.values[epochs[i].get<std::size_t>() - 1] = values[i].get<double>();
  return curve;
}

std::vector<results::Plot> plots_of(const ordered_json& run) {
  const ordered_json& epochs = run["epoch"];
  std::vector<results::Plot> plots = {{"epoch", "loss"}, {"epoch", "top-1"}};
  for (const char* const part : {"train", "validation", "ema"}) {
    if (std::ranges::none_of(run[part]["top1"], [](const ordered_json& value) { return value.is_number(); })) continue;
    plots[0].curves.push_back(curve_over(epochs, run[part]["loss"], part));
    plots[1].curves.push_back(curve_over(epochs, run[part]["top1"], part));
  }
  plots.push_back({"epoch", "learning rate", {curve_over(epochs, run["learning_rate"], "learning rate")}});
  return plots;
}

void show_curves(const CurvesOptions& options, const Global& global) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  const ordered_json curves = results::read_curves(run);
  if (curves["epoch"].empty())
    throw Error(fmt::format("{} has not trained an epoch yet, so it has no curves", run.path().string()), Fault::usage);
  const std::vector<results::Plot> plots = plots_of(curves);
  if (!options.plot.empty()) results::write_plots(plots, options.plot);
  if (global.json)
    print(curves);
  else if (options.plot.empty())
    for (const results::Plot& plot : plots) fmt::print("{}{}", &plot == &plots.front() ? "" : "\n", results::plot_text(plot));
}

}  // namespace

void add_curves(CLI::App& app, Global& global) {
  auto options = std::make_shared<CurvesOptions>();
  CLI::App* const command = app.add_subcommand("curves", "draw a run's loss, accuracy and learning rate over its epochs");
  command->add_option("RUN", options->run, "a run folder")->required();
  add_plot(*command, options->plot);
  command->footer("aviary curves runs/first --plot curves.svg");
  command->fallthrough();
  command->callback([options, &global] { show_curves(*options, global); });
}

}  // namespace aviary::commands
