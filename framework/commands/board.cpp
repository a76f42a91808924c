#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "board/runs.hpp"
#include "board/server.hpp"
#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "data/csv_rows.hpp"
#include "results/metric.hpp"
#include "results/printable.hpp"

namespace aviary::commands {
namespace {

struct BoardOptions {
  std::string folder = "runs";
  std::string by = "validation";
  std::string filter;
  bool csv = false;
  std::optional<int> port;
  std::string address = "127.0.0.1";
};

// "8h30", "12m05", "45s"
std::string short_duration(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}", whole / 60, whole % 60);
  return fmt::format("{}h{:02}", whole / 3600, whole / 60 % 60);
}

std::string millions(std::int64_t parameters) {
  return parameters == 0 ? "-" : fmt::format("{:.2f}M", static_cast<double>(parameters) / 1e6);
}

// Of all columns but the last, with what stands between them.
std::size_t columns_width(const std::vector<std::vector<std::string>>& rows) {
  std::size_t width = 0;
  for (std::size_t i = 0; i + 1 < rows.front().size(); ++i)
    width += 2 + std::ranges::max(rows, {}, [&](const auto& row) { return row[i].size(); })[i].size();
  return width;
}

void print_table(const std::vector<board::Run>& runs) {
  std::vector<std::vector<std::string>> rows = {{"valid", "test", "publ.", "kaggle", "params", "time", "epochs", "run"}};
  for (const board::Run& run : runs)
    rows.push_back({percent(results::top1(run.result.validation), 2), percent(results::top1(run.result.test), 2),
                    percent(run.published(), 2), percent(run.kaggle, 2), millions(run.result.parameters),
                    short_duration(run.result.seconds), fmt::format("{}/{}", run.result.epochs, run.result.of), ""});
  const std::size_t left = page_width - std::min(page_width - 20, columns_width(rows));
  for (std::size_t i = 0; i < runs.size(); ++i) rows[i + 1].back() = cut_start(results::printable(runs[i].name), left);
  print_columns(rows);
}

void print_csv(const std::vector<board::Run>& runs) {
  fmt::print("run,recipe,state,epochs,of,parameters,seconds,started,train,validation,ema,test,published,kaggle\n");
  const auto cell = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; };
  for (const board::Run& run : runs) {
    const results::RunResult& result = run.result;
    fmt::print("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", data::csv_field(run.name), data::csv_field(run.recipe),
               to_string(run.state), result.epochs, result.of, result.parameters, result.seconds, result.started,
               cell(results::top1(result.shown_train())), cell(results::top1(result.validation)),
               cell(results::top1(result.ema)), cell(results::top1(result.test)), cell(run.published()), cell(run.kaggle));
  }
}

void show_board(const BoardOptions& options, const Global& global) {
  board::Listing listing = board::list_runs(options.folder);
  if (!global.quiet)
    for (const std::string& notice : listing.notices) fmt::print(stderr, "{}\n", results::printable(notice));
  if (listing.runs.empty())
    throw Error(fmt::format("{} holds no runs; aviary train RECIPE makes one, below runs/", options.folder), Fault::usage);
  board::filter(listing.runs, options.filter);
  board::rank(listing.runs, options.by);
  if (global.json) {
    auto runs = nlohmann::ordered_json::array();
    for (const board::Run& run : listing.runs) runs.push_back(to_json(run));
    print({{"runs", std::move(runs)}});
  } else if (options.csv) {
    print_csv(listing.runs);
  } else {
    print_table(listing.runs);
  }
}

void run_board(const BoardOptions& options, Global& global) {
  if (!options.port) return show_board(options, global);
  board::serve({.folder = options.folder, .address = options.address, .port = *options.port}, catch_interrupts(),
               [&](const std::string& where) {
                 if (!global.quiet) fmt::print(stderr, "the board of {} is at {} until Ctrl-C\n", options.folder, where);
               });
  global.exit_code = interrupted;
}

}  // namespace

void add_board(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("board", "runs side by side, ranked; served live as a page");
  auto options = std::make_shared<BoardOptions>();
  command->add_option("DIR", options->folder, "the folder with runs (default runs)");
  command
      ->add_option("--by", options->by,
                   "rank by validation (default), train, ema, test, kaggle, published, parameters, "
                   "seconds or started")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(board::rankings), std::end(board::rankings))))
      ->type_name("WHAT");
  command->add_option("--filter", options->filter, "only runs whose name or recipe holds this")->type_name("TEXT");
  command->add_flag("--csv", options->csv, "as CSV, with all columns");
  command->add_option("--serve", options->port, "serve the live board as a page on this port (8400 without one)")
      ->expected(0, 1)
      ->default_str("8400")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
  command->add_option("--bind", options->address, "serve on this address, for other machines, too (default 127.0.0.1)")
      ->needs("--serve")
      ->type_name("ADDRESS");
  add_board_diff(*command, global);
  add_board_record(*command, global);
  command->footer("aviary board runs --by test");
  command->fallthrough();
  command->callback([options, &global, command] {
    if (command->get_subcommands().empty()) run_board(*options, global);
  });
}

}  // namespace aviary::commands
