#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "board/runs.hpp"
#include "commands/command.hpp"
#include "recipe/difference.hpp"
#include "results/metric.hpp"

namespace aviary::commands {
namespace {

void diff_runs(const std::string& before, const std::string& after, const Global& global) {
  const std::vector<recipe::Change> changes = board::recipe_changes(before, after);
  const results::RunResult results[] = {results::read_result(results::RunFolder::open(before)),
                                        results::read_result(results::RunFolder::open(after))};
  struct Row {
    const char* name;
    std::optional<double> values[2];
    bool share;
  };
  std::vector<Row> rows;
  const auto add = [&](const char* name, bool share, const auto& value) {
    rows.push_back({name, {value(results[0]), value(results[1])}, share});
  };
  using Result = results::RunResult;
  add("validation", true, [](const Result& result) { return results::top1(result.validation); });
  add("ema", true, [](const Result& result) { return results::top1(result.ema); });
  add("test", true, [](const Result& result) { return results::top1(result.test); });
  add("train", true, [](const Result& result) { return results::top1(result.shown_train()); });
  add("parameters", false, [](const Result& result) { return std::optional<double>(static_cast<double>(result.parameters)); });
  add("epochs", false, [](const Result& result) { return std::optional<double>(static_cast<double>(result.epochs)); });
  add("seconds", false, [](const Result& result) { return std::optional<double>(result.seconds); });
  std::erase_if(rows, [](const Row& row) { return !row.values[0] && !row.values[1]; });
  if (global.json) {
    nlohmann::ordered_json json = {{"changes", changes_json(changes)}, {"results", nlohmann::ordered_json::object()}};
    for (const Row& row : rows) json["results"][row.name] = {json_or_null(row.values[0]), json_or_null(row.values[1])};
    print(json);
    return;
  }
  print_changes(changes);
  fmt::print("\n");
  std::vector<std::vector<std::string>> lines;
  for (const Row& row : rows) {
    const auto text = [&](const std::optional<double>& value) -> std::string {
      if (row.share) return percent(value, 2) + (value ? " %" : "");
      return value ? results::grouped(std::lround(*value)) : "-";
    };
    std::string difference;
    if (row.share && row.values[0] && row.values[1])
      difference = fmt::format("{:+.2f} points", 100 * (*row.values[1] - *row.values[0]));
    lines.push_back({row.name, fmt::format("{} -> {}", text(row.values[0]), text(row.values[1])), difference});
  }
  print_columns(lines);
}

}  // namespace

void add_board_diff(CLI::App& board, Global& global) {
  auto pair = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* const command =
      board.add_subcommand("diff", "what differs between two runs, in their recipes and in what they came to");
  command->add_option("A", pair->first, "a run folder")->required();
  command->add_option("B", pair->second, "another")->required();
  command->footer("aviary board diff runs/first runs/second");
  command->fallthrough();
  command->callback([pair, &global] { diff_runs(pair->first, pair->second, global); });
}

}  // namespace aviary::commands
