#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "recipe/json.hpp"
#include "recipe/values.hpp"
#include "search/fit.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"

namespace aviary::commands {
namespace {

struct FitOptions {
  RecipeOptions recipe;
  search::FitOptions fit;
  std::optional<std::int64_t> parameters;
};

nlohmann::ordered_json candidate_json(const search::Candidate& candidate) {
  auto values = nlohmann::ordered_json::object();
  for (const auto& [name, value] : candidate.values) values[name] = recipe::to_json(recipe::node_of(value, {}));
  nlohmann::ordered_json json = {{"values", std::move(values)}};
  if (candidate.factor) json["factor"] = *candidate.factor;
  json["parameters"] = candidate.parameters;
  json["multiply_adds"] = candidate.multiply_adds;
  return json;
}

std::vector<std::string> row(const std::string& title, const search::Candidate& candidate) {
  std::vector<std::string> cells = {title};
  if (candidate.factor) cells.push_back(fmt::format("x {}", *candidate.factor));
  std::vector<std::string> values;
  for (const auto& [name, value] : candidate.values) values.push_back(fmt::format("{} = {}", name, to_toml(value)));
  cells.push_back(fmt::format("{}", fmt::join(values, ", ")));
  cells.push_back(
      fmt::format("{} parameters, {} multiply-adds", grouped(candidate.parameters), grouped(candidate.multiply_adds)));
  return cells;
}

void fit(FitOptions& options, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  const std::optional<std::int64_t> limit = options.parameters ? options.parameters : recipe.limits.parameters;
  if (!limit) throw Error("the recipe has no [limits] parameters; expected that, or --parameters N", Fault::usage);
  options.fit.parameters = *limit;
  training::set_compute_threads(1);  // at one picture, more would only wait for each other
  const search::Fit found = search::fit(recipe, training::outputs(recipe), options.fit);
  if (global.json) {
    nlohmann::ordered_json json = candidate_json(found.fits);
    json["next"] = found.next ? candidate_json(*found.next) : nlohmann::ordered_json();
    print(json);
    return;
  }
  std::vector<std::vector<std::string>> rows = {row("fits", found.fits)};
  if (found.next) rows.push_back(row("next", *found.next));
  print_columns(rows);
  if (!found.next) fmt::print("nothing larger is accepted\n");
}

}  // namespace

void add_fit(CLI::App& app, Global& global) {
  auto options = std::make_shared<FitOptions>();
  CLI::App* const command = app.add_subcommand("fit", "the largest model setting under the limit of parameters");
  options->recipe.add_to(*command);
  command->add_option("--vary", options->fit.vary, "a number of [model] (repeatable: they grow by one common factor)")
      ->type_name("KEY")
      ->allow_extra_args(false)
      ->required();
  command->add_option("--parameters", options->parameters, "the limit, over the recipe's [limits] parameters")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}))
      ->type_name("N");
  command
      ->add_option("--step", options->fit.step,
                   "distance of the values, or of the factors (default 0.01; 1 for a whole number)")
      ->check(CLI::Range(1e-6, 1e6))
      ->type_name("STEP");
  command->footer("aviary fit demo/fashion-mnist --vary model.width --parameters 1000000");
  command->fallthrough();
  command->callback([options, &global] { fit(*options, global); });
}

}  // namespace aviary::commands
