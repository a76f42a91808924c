#include "commands/command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "plugins/foreign_error.hpp"
#include "recipe/json.hpp"
#include "search/sweep.hpp"
#include "training/compute.hpp"

namespace aviary::commands {

bool Global::colored() const {
  if (color != "auto") return color == "always";
  const char* const no_color = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

void RecipeOptions::add_to(CLI::App& command) {
  command.add_option("RECIPE", recipe, "a recipe's file, or its name below recipes/")->required();
  add_changes_to(command);
  command.add_option("--weights", weights, "start from these: a run or checkpoint, .safetensors, .pt or .pth")
      ->type_name("FILE");
}

void RecipeOptions::add_changes_to(CLI::App& command) {
  command.add_option("--set", set, "override a recipe key: --set optimizer.lr=0.01 (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--data", data, "the data's folder, over the recipe's")->type_name("DIR");
  command.add_option("--seed", seed, "start of every random draw, over the recipe's")->type_name("N");
  command.add_option("--epochs", epochs, "passes over the training data, over the recipe's")->type_name("N");
  command.add_option("--precision", precision, "fp32, bf16, fp16 (on GPUs), or auto: the fastest one here; over the recipe's")
      ->type_name("TYPE");
}

std::vector<std::string> RecipeOptions::settings() const {
  std::vector<std::string> settings = set;
  if (!data.empty()) settings.push_back("data.path=" + to_toml(Value(data)));
  if (seed) settings.push_back(fmt::format("training.seed={}", *seed));
  if (epochs) settings.push_back(fmt::format("training.epochs={}", *epochs));
  if (!precision.empty()) settings.push_back("training.precision=" + to_toml(Value(precision)));
  if (!weights.empty()) settings.push_back("model.weights=" + to_toml(Value(weights)));
  return settings;
}

void add_device(CLI::App& command, std::string& into) {
  command.add_option("--device", into, "what computes: cpu, cuda, cuda:N, or auto (default): a GPU if LibTorch can use one")
      ->type_name("D");
}

void ComputeOptions::add_to(CLI::App& command) {
  add_device(command, device);
  add_count(command, "--threads", threads, "compute threads (default: the cores)");
}

int ComputeOptions::choose(const distributed::World& world) const {
  training::choose_device(device, world.place_on_this_machine());
  const int processes = world.on_this_machine();
  const int gpus = device.starts_with("cuda:") ? 1 : training::count_gpus();
  if (!training::compute_device().is_cpu() && processes > gpus)
    throw Error(
        fmt::format("--device {}: each of the {} processes on this machine needs a GPU of its own, and there {} for them",
                    device, processes, gpus == 1 ? "is one" : fmt::format("are {}", gpus)),
        Fault::usage);
  return training::set_compute_threads(threads, processes);
}

CLI::Option* add_count(CLI::App& command, const std::string& name, std::optional<int>& into, const std::string& help) {
  return command.add_option(name, into, help)->check(CLI::Range(1, 1024))->type_name("N");
}

void add_precision(CLI::App& command, std::string& into) {
  command
      .add_option("--precision", into,
                  "of convolutions and linear layers: fp32 (default), bf16, faster where the hardware has it, or fp16, on GPUs")
      ->check(CLI::IsMember({"fp32", "bf16", "fp16"}))
      ->type_name("TYPE");
}

void add_run(CLI::App& command, std::string& into) {
  command.add_option("--run", into, "where the run folder goes (default runs/RECIPE/TIME)")->type_name("DIR");
}

void add_scale(CLI::App& command, double& into) {
  command.add_option("--scale", into, "share of the epochs, of the pictures and of their pixels (default 1)")
      ->check(CLI::Range(0.001, 1.0))
      ->type_name("FRACTION");
}

void add_jobs(CLI::App& command, int& into) {
  command.add_option("--jobs", into, "trainings at a time, which share the cores (default 1)")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
}

CLI::Option* add_plot(CLI::App& command, std::string& into) {
  const auto complaint = [](const std::string& file) -> std::string {
    const auto extension = std::filesystem::path(file).extension();
    return extension == ".svg" || extension == ".png" ? "" : "expected a file that ends in .svg or .png, not " + file;
  };
  return command.add_option("--plot", into, "draw into this .svg or .png instead of the terminal")
      ->check(complaint)
      ->type_name("FILE");
}

std::vector<recipe::Recipe> read_recipes(const std::vector<std::string>& names, plugins::Catalogue& catalogue) {
  std::vector<recipe::Recipe> recipes;
  std::vector<recipe::Complaint> complaints;
  for (const std::string& name : names) {
    const std::vector<std::filesystem::path> files = recipe::find_recipes(name);
    for (const std::filesystem::path& file : files) {
      if (files.size() > 1 && search::is_sweep(file)) continue;
      try {
        recipes.push_back(recipe::read_recipe(file.string(), {}, catalogue));
      } catch (const recipe::RecipeError& error) {
        complaints.insert(complaints.end(), error.complaints().begin(), error.complaints().end());
      }
    }
  }
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
  return recipes;
}

std::vector<recipe::Complaint> complaints_about(const std::vector<std::filesystem::path>& files,
                                                plugins::Catalogue& catalogue) {
  std::vector<recipe::Complaint> complaints;
  for (const std::filesystem::path& file : files) {
    try {
      if (search::is_sweep(file))
        search::read_sweep(file, {}, {}, catalogue);
      else
        recipe::read_recipe(file.string(), {}, catalogue);
    } catch (const recipe::RecipeError& error) {
      complaints.insert(complaints.end(), error.complaints().begin(), error.complaints().end());
    }
  }
  return complaints;
}

void print_warnings(const recipe::Recipe& recipe, const Global& global) {
  if (global.quiet) return;
  for (const recipe::Complaint& warning : recipe.warnings) fmt::print(stderr, "{}\n", to_string(warning));
}

void print(const nlohmann::ordered_json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string percent(const std::optional<double>& share, int digits) {
  return share ? fmt::format("{:.{}f}", 100 * *share, digits) : "-";
}

nlohmann::ordered_json json_or_null(const std::optional<double>& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
}

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string cut(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t end = width - 3;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

std::string cut_start(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t begin = text.size() - (width - 3);
  while (begin < text.size() && (text[begin] & 0xC0) == 0x80) ++begin;
  return "..." + text.substr(begin);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::stringstream stream{std::string(text)};
  for (std::string word; stream >> word;) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width)
      lines.push_back(word);
    else
      lines.back() += ' ' + word;
  }
  return lines;
}

namespace {

struct Columns {
  std::vector<std::size_t> widths;  ///< of all but the last cell of a row
  std::size_t last = 0;             ///< where that one begins
};

Columns columns_of(const std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t least = 24;  // room for some words
  Columns columns;
  std::size_t last = 0;
  for (const auto& row : rows) {
    columns.widths.resize(std::max(columns.widths.size(), row.size() - 1));
    for (std::size_t i = 0; i + 1 < row.size(); ++i) columns.widths[i] = std::max(columns.widths[i], row[i].size());
    if (row.size() > 1) last = std::max(last, row.back().size());
  }
  for (const std::size_t width : columns.widths) columns.last += width + 2;
  if (columns.widths.empty()) return columns;
  const std::size_t wanted = columns.last + std::min(last, least);
  const std::size_t excess = wanted > page_width ? wanted - page_width : 0;
  const std::size_t given = std::min(excess, columns.widths[0] - std::min<std::size_t>(columns.widths[0], 16));
  columns.widths[0] -= given;
  columns.last -= given;
  return columns;
}

void print_row(const std::vector<std::string>& row, const Columns& columns) {
  std::string line;
  for (std::size_t i = 0; i + 1 < row.size(); ++i) {
    if (row[i].size() > columns.widths[i]) fmt::print("{}\n", row[i]);
    line += fmt::format("{:{}}  ", row[i].size() > columns.widths[i] ? "" : row[i], columns.widths[i]);
  }
  const std::string& last = row.back();
  if (row.size() == 1) line = last.substr(0, last.find_first_not_of(' '));
  const std::size_t begin = line.size();
  if (begin + last.size() <= page_width || begin + 8 > page_width) {
    fmt::print("{}{}\n", line, row.size() == 1 ? std::string_view(last).substr(begin) : last);
    return;
  }
  for (const std::string& part : wrapped(last, page_width - begin)) {
    fmt::print("{:{}}{}\n", line, begin, part);
    line.clear();
  }
}

}  // namespace

void print_columns(const std::vector<std::vector<std::string>>& rows) {
  const Columns columns = columns_of(rows);
  for (const auto& row : rows) print_row(row, columns);
}

void print_changes(const std::vector<recipe::Change>& changes) {
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  std::vector<std::vector<std::string>> rows;
  for (const recipe::Change& change : changes)
    rows.push_back({change.key, fmt::format("{} -> {}", or_dash(change.before), or_dash(change.after))});
  if (rows.empty()) fmt::print("no difference\n");
  print_columns(rows);
}

nlohmann::ordered_json changes_json(const std::vector<recipe::Change>& changes) {
  auto rows = nlohmann::ordered_json::array();
  for (const recipe::Change& change : changes)
    rows.push_back({{"key", change.key}, {"before", change.before}, {"after", change.after}});
  return rows;
}

namespace {

void show(const Global& global, const std::string& message, const std::string& detail,
          const std::vector<recipe::Complaint>& complaints) {
  if (global.json) {
    auto errors = nlohmann::ordered_json::array();
    for (const recipe::Complaint& complaint : complaints) errors.push_back(recipe::to_json(complaint));
    if (errors.empty()) errors.push_back(recipe::to_json(recipe::Complaint{{}, message}));
    print({{"error", errors.front()}, {"errors", errors}});
    return;
  }
  if (complaints.empty())
    fmt::print(stderr, "aviary: {}\n", message);
  else
    fmt::print(stderr, "{}\n", message);
  if (detail.empty() || detail == message) return;
  if (global.verbose)
    fmt::print(stderr, "{}\n", detail);
  else
    fmt::print(stderr, "aviary: --verbose shows more\n");
}

}  // namespace

void end_interrupted(Global& global) {
  global.exit_code = interrupted;
  if (!global.json) fmt::print(stderr, "interrupted; the same command goes on\n");
}

int report_exception(const Global& global) {
  try {
    throw;
  } catch (const recipe::RecipeError& error) {
    show(global, error.what(), "", error.complaints());
    return usage;
  } catch (const Error& error) {
    show(global, error.what(), error.detail(), {});
    return error.fault() == Fault::usage ? usage : failed;
  } catch (...) {
    const plugins::ForeignError foreign = plugins::describe_exception_in_flight();
    show(global, fmt::format("{} says: {}", foreign.source, foreign.summary), foreign.detail, {});
    return failed;
  }
}

}  // namespace aviary::commands
