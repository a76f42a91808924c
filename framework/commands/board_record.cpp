#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "board/ledger.hpp"
#include "commands/command.hpp"
#include "results/metric.hpp"
#include "results/run_result.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct RecordOptions {
  std::string run;
  std::optional<double> kaggle;
  std::string ledger = "runs/leaderboard.csv";
};

board::LedgerRow row_of(const RecordOptions& options) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  const results::RunResult result = results::read_result(run);
  if (result.epochs == 0)
    throw Error(fmt::format("{} has not trained an epoch yet; a leaderboard's score is kept beside the run's own", options.run),
                Fault::usage);
  return {.run = run.path().lexically_normal().string(),
          .train = results::top1(result.shown_train()),
          .validation = results::top1(result.validation),
          .test = results::top1(result.test),
          .kaggle = *options.kaggle};
}

void print_ledger(const std::vector<board::LedgerRow>& rows, const std::vector<board::Agreement>& agreements) {
  std::vector<std::vector<std::string>> lines = {{"run", "train", "valid", "test", "kaggle"}};
  for (const board::LedgerRow& row : rows)
    lines.push_back({row.run, percent(row.train, 2), percent(row.validation, 2), percent(row.test, 2), percent(row.kaggle, 2)});
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
  auto runs = nlohmann::ordered_json::array();
  for (const board::LedgerRow& row : rows)
    runs.push_back({{"run", row.run},
                    {"train", json_or_null(row.train)},
                    {"validation", json_or_null(row.validation)},
                    {"test", json_or_null(row.test)},
                    {"kaggle", row.kaggle}});
  auto splits = nlohmann::ordered_json::array();
  for (const board::Agreement& each : agreements)
    splits.push_back({{"split", each.split},
                      {"runs", each.runs},
                      {"difference", each.difference},
                      {"error", each.error},
                      {"rank_correlation", json_or_null(each.rank_correlation)}});
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

void add_board_record(CLI::App& board, Global& global) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* const command = board.add_subcommand(
      "record", "keep a run's leaderboard score beside its own, and tell which split foretells the leaderboard");
  command->add_option("RUN", options->run, "a run folder; without it, only what is kept is shown");
  command->add_option("--kaggle", options->kaggle, "its score on the leaderboard, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SCORE");
  command->add_option("--ledger", options->ledger, "the file where scores are kept (default runs/leaderboard.csv)")
      ->type_name("FILE");
  command->footer("aviary board record runs/first --kaggle 0.9965");
  command->fallthrough();
  command->callback([options, &global] { record(*options, global); });
}

}  // namespace aviary::commands
