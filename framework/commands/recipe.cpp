#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "recipe/difference.hpp"
#include "recipe/json.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

std::vector<fs::path> recipe_files(const std::vector<std::string>& names) {
  std::vector<fs::path> files;
  for (const std::string& name : names) {
    if (!fs::is_directory(name)) {
      files.push_back(recipe::find_recipe(name));
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : fs::recursive_directory_iterator(name))
      if (entry.is_regular_file() && entry.path().extension() == ".toml") files.push_back(entry.path());
    if (files.size() == before) throw Error(fmt::format("no recipe in {}: no file there ends in .toml", name), Fault::usage);
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  }
  return files;
}

void check(const std::vector<std::string>& names, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  std::vector<recipe::Complaint> complaints;
  const std::vector<fs::path> files = recipe_files(names);
  for (const fs::path& file : files) {
    try {
      recipe::read_recipe(file.string(), {}, catalogue);
      if (!global.json && !global.quiet) fmt::print("{}: ok\n", file.string());
    } catch (const recipe::RecipeError& error) {
      complaints.insert(complaints.end(), error.complaints().begin(), error.complaints().end());
    }
  }
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
  if (global.json) print({{"errors", nlohmann::ordered_json::array()}});
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

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

void diff(const std::string& before, const std::string& after, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const auto changes = recipe::difference(recipe::read_recipe(before, {}, catalogue).resolved,
                                          recipe::read_recipe(after, {}, catalogue).resolved);
  if (global.json) {
    auto rows = nlohmann::ordered_json::array();
    for (const recipe::Change& change : changes)
      rows.push_back({{"key", change.key}, {"before", change.before}, {"after", change.after}});
    print({{"changes", rows}});
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const recipe::Change& change : changes)
    rows.push_back({change.key, or_dash(change.before), "->", or_dash(change.after)});
  if (rows.empty()) fmt::print("no difference\n");
  print_columns(rows);
}

}  // namespace

void add_recipe(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("recipe", "check, show, compare and draw recipes")->require_subcommand(1);

  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* const check_command = command->add_subcommand("check", "report every mistake of recipes, or of all in a folder");
  check_command->add_option("FILES", *files, "recipes or folders")->required();
  check_command->callback([files, &global] { check(*files, global); });

  auto options = std::make_shared<RecipeOptions>();
  CLI::App* const show_command = command->add_subcommand("show", "print the resolved recipe and where each value comes from");
  options->add_to(*show_command);
  show_command->callback([options, &global] { show(*options, global); });

  auto pair = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* const diff_command = command->add_subcommand("diff", "print what changed from one recipe to another");
  diff_command->add_option("A", pair->first, "the recipe before")->required();
  diff_command->add_option("B", pair->second, "the recipe after")->required();
  diff_command->callback([pair, &global] { diff(pair->first, pair->second, global); });
  add_recipe_rates(*command, global);
  for (CLI::App* const each : {command, check_command, show_command, diff_command}) each->fallthrough();
}

}  // namespace aviary::commands
