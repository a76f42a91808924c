// What the subcommands share: the options that have one meaning everywhere, and how results and errors are shown. Each
// subcommand is one file: its options, its set-up, its run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "distributed/world.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/difference.hpp"
#include "recipe/recipe.hpp"
#include "results/grouped.hpp"

namespace aviary::commands {

enum ExitCode { done = 0, failed = 1, usage = 2, interrupted = 130 };

/// Options of the program itself; they may stand before or after the subcommand.
struct Global {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string color = "auto";
  std::vector<std::string> plugin_path;
  int exit_code = done;  ///< set by a subcommand that ended without an error, but not as wished

  plugins::Catalogue catalogue() const { return plugins::Catalogue(plugins::search_path(plugin_path)); }
  /// Whether to use colors on standard error.
  bool colored() const;
};

/// RECIPE and what overrides it.
struct RecipeOptions {
  std::string recipe;
  std::vector<std::string> set;
  std::string data;
  std::optional<std::int64_t> seed;
  std::optional<std::int64_t> epochs;
  std::string precision;
  std::string weights;

  void add_to(CLI::App& command);
  /// Without RECIPE and weights, for a recipe that is there already: that of a run.
  void add_changes_to(CLI::App& command);
  /// All of them as KEY=VALUE.
  std::vector<std::string> settings() const;
};

/// --device: what computes.
void add_device(CLI::App& command, std::string& into);

/// What computes, and how.
struct ComputeOptions {
  std::string device = "auto";
  std::optional<int> threads;

  void add_to(CLI::App& command);
  /// Chooses the device, with the number of compute threads, which it returns. Precondition: called before a model is made.
  int choose(const distributed::World& world = {}) const;
};

/// For options that count threads: a whole number from 1 on.
CLI::Option* add_count(CLI::App& command, const std::string& name, std::optional<int>& into, const std::string& help);

/// --precision: what a model that does not train computes in.
void add_precision(CLI::App& command, std::string& into);

/// --run: where the folder of a new run goes.
void add_run(CLI::App& command, std::string& into);

/// --scale: a smaller training.
void add_scale(CLI::App& command, double& into);

/// --jobs: trainings at a time.
void add_jobs(CLI::App& command, int& into);

/// --plot: draw into a picture instead of the terminal.
CLI::Option* add_plot(CLI::App& command, std::string& into);

/// To standard error: what a recipe lost since the command line made its training shorter.
void print_warnings(const recipe::Recipe& recipe, const Global& global);

/// The recipes that a command line names, and all in the folders that it names; sweeps there are passed over. Throws
/// RecipeError with the complaints about all.
std::vector<recipe::Recipe> read_recipes(const std::vector<std::string>& names, plugins::Catalogue& catalogue);

/// What is wrong with recipes and sweeps.
std::vector<recipe::Complaint> complaints_about(const std::vector<std::filesystem::path>& files, plugins::Catalogue& catalogue);

void print(const nlohmann::ordered_json& json);

using results::grouped;

/// A share in percent, or a dash.
std::string percent(const std::optional<double>& share, int digits);

nlohmann::ordered_json json_or_null(const std::optional<double>& number);

/// "45 s", "3 min 05 s", "8 h 30 min"
std::string duration_text(double seconds);

/// Characters in a line of what a command shows.
constexpr std::size_t page_width = 80;

/// UTF-8 text, its end replaced by "..." where it takes more than `width` bytes.
std::string cut(const std::string& text, std::size_t width);
/// The same for paths, whose end tells most: the beginning is replaced.
std::string cut_start(const std::string& text, std::size_t width);

/// The words on lines of at most `width` characters.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// A table within page_width: columns as wide as their widest cell. Where that is too wide, the text of the last column goes on
/// below itself, and a first cell that leaves no room for the others stands on a line of its own.
void print_columns(const std::vector<std::vector<std::string>>& rows);

/// Keys that differ, each with its values before and after.
void print_changes(const std::vector<recipe::Change>& changes);
nlohmann::ordered_json changes_json(const std::vector<recipe::Change>& changes);

/// Ends a command that the same command line goes on with.
void end_interrupted(Global& global);

/// Shows the exception in flight and says which exit code it means. Precondition: called from a catch block.
int report_exception(const Global& global);

void add_train(CLI::App& app, Global& global);
void add_resume(CLI::App& app, Global& global);
void add_fork(CLI::App& app, Global& global);
void add_average(CLI::App& app, Global& global);
void add_evaluate(CLI::App& app, Global& global);
void add_predict(CLI::App& app, Global& global);
void add_submit(CLI::App& app, Global& global);
void add_preview(CLI::App& app, Global& global);
void add_data(CLI::App& app, Global& global);
void add_summary(CLI::App& app, Global& global);
void add_fit(CLI::App& app, Global& global);
void add_lr_find(CLI::App& app, Global& global);
void add_weights(CLI::App& app, Global& global);
/// A subcommand of `weights`.
void add_weights_export(CLI::App& weights, Global& global);
void add_bench(CLI::App& app, Global& global);
void add_recipe(CLI::App& app, Global& global);
/// A subcommand of `recipe`.
void add_recipe_rates(CLI::App& recipe, Global& global);
void add_replay(CLI::App& app, Global& global);
void add_curves(CLI::App& app, Global& global);
void add_board(CLI::App& app, Global& global);
/// Subcommands of `board`.
void add_board_diff(CLI::App& board, Global& global);
void add_board_record(CLI::App& board, Global& global);
void add_plan(CLI::App& app, Global& global);
void add_sweep(CLI::App& app, Global& global);
void add_plugins(CLI::App& app, Global& global);
void add_doctor(CLI::App& app, Global& global);
void add_completion(CLI::App& app, Global& global);
void add_man_page(CLI::App& app);

}  // namespace aviary::commands
