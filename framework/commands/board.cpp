#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "board/ledger.hpp"
#include "commands/command.hpp"
#include "results/run_result.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct RecordOptions {
  std::string run;
  std::optional<double> kaggle;
  std::string ledger = "runs/leaderboard.csv";
};

std::optional<double> top1_of(const std::optional<results::Scores>& scores) {
  return scores ? std::optional(scores->top1) : std::nullopt;
}

board::LedgerRow row_of(const RecordOptions& options) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  const results::RunResult result = results::read_result(run);
  if (result.epochs == 0)
    throw Error(fmt::format("{} has not trained an epoch yet; a leaderboard's score is kept beside the run's own", options.run),
                Fault::usage);
  return {.run = run.path().lexically_normal().string(),
          .train = top1_of(result.best_train ? result.best_train : result.train),
          .validation = top1_of(result.validation),
          .test = top1_of(result.test),
          .kaggle = *options.kaggle};
}

std::string percent_of(const std::optional<double>& share) { return share ? fmt::format("{:.2f}", 100 * *share) : "-"; }

void print_ledger(const std::vector<board::LedgerRow>& rows, const std::vector<board::Agreement>& agreements) {
  std::vector<std::vector<std::string>> lines = {{"run", "train", "valid", "test", "kaggle"}};
  for (const board::LedgerRow& row : rows)
    lines.push_back({row.run, percent_of(row.train), percent_of(row.validation), percent_of(row.test), percent_of(row.kaggle)});
  print_columns(lines);
  fmt::print("\nHow well each split foretells the leaderboard\n");
  lines = {{"split", "runs", "leaderboard less split", "off by, after that", "rank correlation"}};
  for (const board::Agreement& each : agreements)
    lines.push_back({each.split, std::to_string(each.runs), fmt::format("{:+.2f} points", 100 * each.difference),
                     fmt::format("{:.2f} points", 100 * each.error),
                     each.rank_correlation ? fmt::format("{:.2f}", *each.rank_correlation) : "-"});
  print_columns(lines);
}

void print_json(const std::vector<board::LedgerRow>& rows, const std::vector<board::Agreement>& agreements) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  auto runs = nlohmann::ordered_json::array();
  for (const board::LedgerRow& row : rows)
    runs.push_back({{"run", row.run},
                    {"train", optional(row.train)},
                    {"validation", optional(row.validation)},
                    {"test", optional(row.test)},
                    {"kaggle", row.kaggle}});
  auto splits = nlohmann::ordered_json::array();
  for (const board::Agreement& each : agreements)
    splits.push_back({{"split", each.split},
                      {"runs", each.runs},
                      {"difference", each.difference},
                      {"error", each.error},
                      {"rank_correlation", optional(each.rank_correlation)}});
  print({{"runs", runs}, {"splits", splits}});
}

void record(const RecordOptions& options, const Global& global) {
  if (options.run.empty() == options.kaggle.has_value())
    throw Error("expected a run and its score together: aviary board record RUN --kaggle 0.9965", Fault::usage);
  std::vector<board::LedgerRow> rows = board::read_ledger(options.ledger);
  if (!options.run.empty()) {
    board::LedgerRow row = row_of(options);
    std::erase_if(rows, [&](const board::LedgerRow& other) { return other.run == row.run; });
    rows.push_back(std::move(row));
    if (const fs::path folder = fs::path(options.ledger).parent_path(); !folder.empty()) fs::create_directories(folder);
    board::write_ledger(options.ledger, rows);
  } else if (rows.empty()) {
    throw Error(fmt::format("there are no scores in {} yet; aviary board record RUN --kaggle 0.9965 adds one, and "
                            "--ledger names another file",
                            options.ledger),
                Fault::usage);
  }
  const std::vector<board::Agreement> agreements = board::agreements(rows);
  if (global.json)
    print_json(rows, agreements);
  else if (!global.quiet)
    print_ledger(rows, agreements);
}

}  // namespace

void add_board(CLI::App& app, Global& global) {
  CLI::App* const board = app.add_subcommand("board", "runs side by side")->require_subcommand(1);
  auto options = std::make_shared<RecordOptions>();
  CLI::App* const command = board->add_subcommand(
      "record", "keep a run's leaderboard score beside its own, and tell which split foretells the leaderboard");
  command->add_option("RUN", options->run, "a run folder; without it, only what is kept is shown");
  command->add_option("--kaggle", options->kaggle, "its score on the leaderboard, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SCORE");
  command->add_option("--ledger", options->ledger, "the file where scores are kept (default runs/leaderboard.csv)")
      ->type_name("FILE");
  for (CLI::App* const each : {board, command}) each->fallthrough();
  command->callback([options, &global] { record(*options, global); });
}

}  // namespace aviary::commands
