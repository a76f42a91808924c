#include "commands/replay_table.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "commands/command.hpp"
#include "data/csv_rows.hpp"
#include "results/metric.hpp"
#include "weights/whole_file.hpp"

namespace aviary::commands {
namespace {

using Cells = std::vector<std::string>;

std::string minutes(double seconds) {
  const auto whole = std::lround(seconds);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Cells cells(const ReplayRow& row) {
  const recipe::Published& published = row.published;
  return {row.name,
          row.parameters == 0 ? "-" : fmt::format("{:.2f} M", static_cast<double>(row.parameters) / 1e6),
          percent(published.train, 1),
          percent(published.validation, 1),
          percent(published.kaggle ? published.kaggle : published.test, 2),
          percent(results::top1(row.replayed.train), 1),
          percent(results::top1(row.replayed.validation), 1),
          percent(results::top1(row.replayed.test), 1),
          row.state == "done" ? minutes(row.replayed.seconds) : row.state};
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char letter : text) {
    if (letter == '&')
      html += "&amp;";
    else if (letter == '<')
      html += "&lt;";
    else if (letter == '"')
      html += "&quot;";
    else
      html += letter;
  }
  return html;
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

std::string csv(const ReplayTable& table) {
  std::string text =
      "recipe,changed,parameters,published_train,published_validation,published_test,published_kaggle,train,validation,test,"
      "epochs,seconds,state\n";
  for (const ReplayRow& row : table.rows) {
    const auto& [train, validation, test, kaggle] = row.published;
    const results::RunResult& replayed = row.replayed;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{:.1f},{}\n", data::csv_field(row.name), data::csv_field(row.changed),
                        row.parameters, number(train), number(validation), number(test), number(kaggle),
                        number(results::top1(replayed.train)), number(results::top1(replayed.validation)),
                        number(results::top1(replayed.test)), replayed.epochs, replayed.seconds, row.state);
  }
  return text;
}

std::string markdown(const ReplayTable& table) {
  std::string text =
      table.title +
      "\n\n| recipe | what changed | parameters | published train | validation | Kaggle, or test | replayed train "
      "| validation | test | min:s |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const ReplayRow& row : table.rows) {
    Cells all = cells(row);
    all.insert(all.begin() + 1, row.changed);
    for (std::string& cell : all)
      for (std::size_t at = cell.find('|'); at != std::string::npos; at = cell.find('|', at + 2)) cell.insert(at, 1, '\\');
    text += fmt::format("| {} |\n", fmt::join(all, " | "));
  }
  return text;
}

std::string html(const ReplayTable& table) {
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>{0}</title>\n<style>body{{font:1rem "
      "system-ui;margin:2rem;color-scheme:light dark}}table{{border-collapse:collapse}}th,td{{padding:.3rem "
      ".7rem;border-bottom:1px solid #8886;text-align:right}}th:first-child,td:first-child,td:nth-child(2){{text-align:left}}"
      "</style>\n<p>{0}</p>\n<table>\n<tr><th rowspan=2>recipe<th rowspan=2>what changed<th rowspan=2>parameters<th "
      "colspan=3>published, %<th colspan=3>replayed, %<th rowspan=2>min:s\n<tr><th>train<th>validation<th>Kaggle, "
      "or test<th>train<th>validation<th>test\n",
      escaped(table.title));
  for (const ReplayRow& row : table.rows) {
    Cells all = cells(row);
    all.insert(all.begin() + 1, row.changed);
    text += "<tr>";
    for (const std::string& cell : all) text += "<td>" + escaped(cell);
    text += '\n';
  }
  return text + "</table>\n";
}

}  // namespace

void print_table(const ReplayTable& table) {
  fmt::print("{}\n\n", table.title);
  std::vector<Cells> rows = {{"", "", "published", "", "", "replayed", "", "", ""},
                             {"recipe", "size", "train", "valid", "kaggle", "train", "valid", "test", "min:s"}};
  for (const ReplayRow& row : table.rows) rows.push_back(cells(row));
  print_columns(rows);
}

nlohmann::ordered_json table_json(const ReplayTable& table) {
  auto rows = nlohmann::ordered_json::array();
  for (const ReplayRow& row : table.rows) {
    const auto& [train, validation, test, kaggle] = row.published;
    rows.push_back({{"recipe", row.name},
                    {"changed", row.changed},
                    {"parameters", row.parameters},
                    {"published",
                     {{"train", json_or_null(train)},
                      {"validation", json_or_null(validation)},
                      {"test", json_or_null(test)},
                      {"kaggle", json_or_null(kaggle)}}},
                    {"train", json_or_null(results::top1(row.replayed.train))},
                    {"validation", json_or_null(results::top1(row.replayed.validation))},
                    {"test", json_or_null(results::top1(row.replayed.test))},
                    {"epochs", row.replayed.epochs},
                    {"seconds", row.replayed.seconds},
                    {"state", row.state}});
  }
  return {{"title", table.title}, {"recipes", rows}};
}

void write_table(const ReplayTable& table, const std::filesystem::path& folder) {
  const auto write = [&](const char* name, const std::string& text) {
    weights::write_whole_file(folder / name, std::array{std::string_view(text)});
  };
  write("replay.csv", csv(table));
  write("replay.md", markdown(table));
  write("replay.html", html(table));
}

}  // namespace aviary::commands
