#include <algorithm>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "recipe/schedule.hpp"
#include "results/plot.hpp"

namespace aviary::commands {
namespace {

struct RecipeRatesOptions {
  std::vector<std::string> recipes;
  RecipeOptions over;
  bool csv = false;
  std::string plot;
};

results::Curve curve(const recipe::Recipe& recipe, const Global& global) {
  const std::vector<double> without_progress = recipe::rates_without_progress(recipe);
  const double sign = recipe::scheduler_context(recipe.training).metric == Better::larger ? 1 : -1;
  if (!global.quiet && without_progress != recipe::rates(recipe, [&](std::int64_t epoch) { return sign * double(epoch); }))
    fmt::print(stderr, "{}: the rate depends on {}; shown as if it never became better after the first epoch\n", recipe.name,
               recipe.training.metric);
  return {recipe.name, without_progress};
}

void print_csv(const std::vector<results::Curve>& curves, std::size_t epochs) {
  std::string text = "epoch";
  for (const results::Curve& curve : curves) {
    std::string name = curve.name;
    for (std::size_t at = name.find('"'); at != std::string::npos; at = name.find('"', at + 2)) name.insert(at, 1, '"');
    text += name.find_first_of(",\"\n") == std::string::npos ? ',' + name : ",\"" + name + '"';
  }
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    text += fmt::format("\n{}", epoch);
    for (const results::Curve& curve : curves)
      text += epoch < curve.values.size() ? fmt::format(",{}", curve.values[epoch]) : ",";
  }
  fmt::print("{}\n", text);
}

void print_json(const std::vector<results::Curve>& curves) {
  auto recipes = nlohmann::ordered_json::array();
  for (const results::Curve& curve : curves) recipes.push_back({{"recipe", curve.name}, {"rates", curve.values}});
  print({{"recipes", recipes}});
}

// As many recipes side by side as the screen has room for, the others below.
void print_table(std::span<const results::Curve> curves, std::size_t epochs) {
  std::size_t width = 5;
  std::size_t count = 0;
  while (count < curves.size() &&
         (count == 0 || width + 2 + std::max<std::size_t>(11, curves[count].name.size()) <= page_width))
    width += 2 + std::max<std::size_t>(11, curves[count++].name.size());
  std::vector<std::vector<std::string>> rows(epochs + 1);
  rows[0] = {"epoch"};
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) rows[epoch + 1] = {std::to_string(epoch)};
  for (const results::Curve& curve : curves.first(count)) {
    rows[0].push_back(curve.name);
    for (std::size_t epoch = 0; epoch < epochs; ++epoch)
      rows[epoch + 1].push_back(epoch < curve.values.size() ? fmt::format("{:.6g}", curve.values[epoch]) : "");
  }
  print_columns(rows);
  if (count == curves.size()) return;
  fmt::print("\n");
  print_table(curves.subspan(count), epochs);
}

void show_rates(const RecipeRatesOptions& options, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  results::Plot plot{"epoch", "learning rate", {}};
  std::size_t epochs = 0;
  for (const std::string& name : options.recipes) {
    const recipe::Recipe recipe = recipe::read_recipe(name, options.over.settings(), catalogue);
    print_warnings(recipe, global);
    plot.curves.push_back(curve(recipe, global));
    epochs = std::max(epochs, plot.curves.back().values.size());
  }
  if (global.json) {
    print_json(plot.curves);
  } else if (options.csv) {
    print_csv(plot.curves, epochs);
  } else {
    print_table(plot.curves, epochs);
    if (options.plot.empty()) fmt::print("\n{}", results::plot_text(plot));
  }
  if (!options.plot.empty()) results::write_plot(plot, options.plot);
}

}  // namespace

void add_recipe_rates(CLI::App& recipe, Global& global) {
  auto options = std::make_shared<RecipeRatesOptions>();
  CLI::App* const command = recipe.add_subcommand("rates", "the learning rate of every epoch, as a table and a plot");
  command->add_option("RECIPE", options->recipes, "recipes, drawn over each other")->required();
  command->add_option("--set", options->over.set, "override a recipe key: --set optimizer.lr=0.01 (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--epochs", options->over.epochs, "passes over the training data, over the recipe's")->type_name("N");
  command->add_flag("--csv", options->csv, "print the table as CSV, and no plot");
  add_plot(*command, options->plot);
  command->footer("aviary recipe rates rexnet/attempt-1 rexnet/attempt-2 --plot rates.svg");
  command->fallthrough();
  command->callback([options, &global] { show_rates(*options, global); });
}

}  // namespace aviary::commands
