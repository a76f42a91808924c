#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "data/dataset.hpp"
#include "recipe/difference.hpp"
#include "recipe/json.hpp"
#include "recipe/lint.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

std::vector<fs::path> recipe_files(const std::vector<std::string>& names) {
  std::vector<fs::path> files;
  for (const std::string& name : names) std::ranges::move(recipe::find_recipes(name), std::back_inserter(files));
  return files;
}

void check(const std::vector<std::string>& names, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const std::vector<fs::path> files = recipe_files(names);
  std::vector<recipe::Complaint> complaints;
  for (const fs::path& file : files) {
    const auto all = complaints_about({file}, catalogue);
    if (all.empty() && !global.json && !global.quiet) fmt::print("{}: ok\n", file.string());
    complaints.insert(complaints.end(), all.begin(), all.end());
  }
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
  if (global.json) print({{"errors", nlohmann::ordered_json::array()}});
}

// Pictures of the class with the fewest in the validation part, where the data is at hand.
std::optional<std::int64_t> fewest_validation_pictures(const recipe::Recipe& recipe) {
  if (!fs::exists(recipe.data.path)) return std::nullopt;
  const data::Dataset dataset = data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
  if (dataset.validation.samples.empty()) return std::nullopt;
  std::vector<std::int64_t> counts(dataset.classes.size());
  for (const data::Sample& sample : dataset.validation.samples) ++counts[static_cast<std::size_t>(sample.label)];
  return *std::ranges::min_element(counts);
}

void lint(const std::vector<std::string>& names, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  std::vector<recipe::Warning> warnings;
  for (const recipe::Recipe& recipe : read_recipes(names, catalogue))
    std::ranges::move(recipe::lint(recipe, fewest_validation_pictures(recipe)), std::back_inserter(warnings));
  if (!warnings.empty()) global.exit_code = failed;
  auto rows = nlohmann::ordered_json::array();
  std::set<recipe::Complaint> told;  // what a parent says, its children say again
  for (const auto& [rule, complaint, remedy] : warnings) {
    const auto& [place, message] = complaint;
    if (!told.insert(complaint).second) continue;
    rows.push_back({{"file", place.file},
                    {"line", place.line},
                    {"column", place.column},
                    {"message", message},
                    {"rule", rule},
                    {"remedy", remedy}});
    if (!global.json) fmt::print("{}; {} [{}]\n", to_string(complaint), remedy, rule);
  }
  if (global.json)
    print({{"warnings", rows}});
  else if (warnings.empty() && !global.quiet)
    fmt::print("no warnings\n");
}

void show(const RecipeOptions& options, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(options.recipe, options.settings(), catalogue);
  print_warnings(recipe, global);
  if (global.json)
    print(recipe::to_json(recipe.resolved));
  else
    fmt::print("{}", recipe::to_toml(recipe.resolved, true));
}

void diff(const std::string& before, const std::string& after, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const auto changes = recipe::difference(recipe::read_recipe(before, {}, catalogue).resolved,
                                          recipe::read_recipe(after, {}, catalogue).resolved);
  if (global.json)
    print({{"changes", changes_json(changes)}});
  else
    print_changes(changes);
}

}  // namespace

void add_recipe(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("recipe", "check, lint, show, compare and draw recipes")->require_subcommand(1);

  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* const check_command =
      command->add_subcommand("check", "report every mistake of recipes and sweeps, or of all in a folder");
  check_command->add_option("FILES", *files, "recipes or folders")->required()->type_name("RECIPE");
  check_command->footer("aviary recipe check wide_resnet");
  check_command->callback([files, &global] { check(*files, global); });

  auto linted = std::make_shared<std::vector<std::string>>();
  CLI::App* const lint_command =
      command->add_subcommand("lint", "warn of what recipes may say and seldom mean; exit code 1 if there is any");
  lint_command->add_option("FILES", *linted, "recipes or folders")->required()->type_name("RECIPE");
  lint_command->footer("aviary recipe lint demo/fashion-mnist");
  lint_command->callback([linted, &global] { lint(*linted, global); });

  auto options = std::make_shared<RecipeOptions>();
  CLI::App* const show_command = command->add_subcommand("show", "print the resolved recipe and where each value comes from");
  options->add_to(*show_command);
  show_command->footer("aviary recipe show demo/fashion-mnist --set training.epochs=5");
  show_command->callback([options, &global] { show(*options, global); });

  auto pair = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* const diff_command = command->add_subcommand("diff", "print what changed from one recipe to another");
  diff_command->add_option("A", pair->first, "the recipe before")->required()->type_name("RECIPE");
  diff_command->add_option("B", pair->second, "the recipe after")->required()->type_name("RECIPE");
  diff_command->footer("aviary recipe diff rexnet/attempt-1 rexnet/attempt-2");
  diff_command->callback([pair, &global] { diff(pair->first, pair->second, global); });
  add_recipe_rates(*command, global);
  for (CLI::App* const each : {command, check_command, lint_command, show_command, diff_command}) each->fallthrough();
}

}  // namespace aviary::commands
