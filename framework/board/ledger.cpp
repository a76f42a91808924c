#include "board/ledger.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "data/csv_rows.hpp"
#include "results/statistics.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::board {
namespace {

constexpr std::array<const char*, 5> columns = {"run", "train", "validation", "test", "kaggle"};
constexpr std::array<std::pair<const char*, std::optional<double> LedgerRow::*>, 3> splits = {
    {{"train", &LedgerRow::train}, {"validation", &LedgerRow::validation}, {"test", &LedgerRow::test}}};

std::optional<double> score_of(const std::string& field, const fs::path& file, const data::CsvRow& row) {
  if (field.empty()) return std::nullopt;
  std::size_t read = 0;
  double score = -1;
  try {
    score = std::stod(field, &read);
  } catch (const std::exception&) {
    read = 0;
  }
  if (read != field.size() || !(score >= 0 && score <= 1))
    throw Error(fmt::format("{}:{}: \"{}\" is no score; expected a number, 0 to 1", file.string(), row.line, field),
                Fault::usage);
  return score;
}

std::array<std::size_t, columns.size()> places_of(const data::CsvRow& header, const fs::path& file) {
  std::array<std::size_t, columns.size()> places{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto found = std::ranges::find(header.fields, columns[i]);
    if (found == header.fields.end())
      throw Error(fmt::format("{}:{}: there is no column {}; expected run, train, validation, test and kaggle", file.string(),
                              header.line, columns[i]),
                  Fault::usage);
    places[i] = static_cast<std::size_t>(found - header.fields.begin());
  }
  return places;
}

// From 1 on; equal numbers share the mean of their places.
std::vector<double> ranks(const std::vector<double>& numbers) {
  std::vector<double> ranks;
  for (const double number : numbers) {
    const auto below = std::ranges::count_if(numbers, [&](double other) { return other < number; });
    const auto equal = std::ranges::count(numbers, number);
    ranks.push_back(static_cast<double>(below) + static_cast<double>(equal + 1) / 2);
  }
  return ranks;
}

std::optional<double> correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double alone = results::squared_deviations(a) * results::squared_deviations(b);
  if (alone == 0) return std::nullopt;
  double together = 0;
  for (std::size_t i = 0; i < a.size(); ++i) together += (a[i] - results::mean(a)) * (b[i] - results::mean(b));
  return together / std::sqrt(alone);
}

}  // namespace

std::vector<LedgerRow> read_ledger(const fs::path& file) {
  std::vector<LedgerRow> rows;
  if (!fs::exists(file)) return rows;
  std::optional<std::array<std::size_t, columns.size()>> places;
  data::read_csv(file, [&](const data::CsvRow& row) {
    if (!places) {
      places = places_of(row, file);
      return true;
    }
    const auto field = [&](std::size_t column) -> const std::string& {
      static const std::string none;
      return (*places)[column] < row.fields.size() ? row.fields[(*places)[column]] : none;
    };
    LedgerRow read{.run = field(0)};
    for (std::size_t i = 0; i < splits.size(); ++i) read.*splits[i].second = score_of(field(i + 1), file, row);
    const auto kaggle = score_of(field(4), file, row);
    if (!kaggle) throw Error(fmt::format("{}:{}: the kaggle score is missing", file.string(), row.line), Fault::usage);
    read.kaggle = *kaggle;
    rows.push_back(std::move(read));
    return true;
  });
  return rows;
}

void write_ledger(const fs::path& file, const std::vector<LedgerRow>& rows) {
  std::string text = "run,train,validation,test,kaggle\n";
  const auto number = [](const std::optional<double>& score) { return score ? fmt::format("{}", *score) : ""; };
  for (const LedgerRow& row : rows)
    text += fmt::format("{},{},{},{},{}\n", data::csv_field(row.run), number(row.train), number(row.validation),
                        number(row.test), row.kaggle);
  weights::write_whole_file(file, std::array{std::string_view(text)});
}

std::vector<Agreement> agreements(const std::vector<LedgerRow>& rows) {
  std::vector<Agreement> all;
  for (const auto& [split, score] : splits) {
    std::vector<double> own;
    std::vector<double> kaggle;
    std::vector<double> differences;
    for (const LedgerRow& row : rows) {
      if (!(row.*score)) continue;
      own.push_back(*(row.*score));
      kaggle.push_back(row.kaggle);
      differences.push_back(row.kaggle - *(row.*score));
    }
    if (own.empty()) continue;
    Agreement agreement{.split = split, .runs = own.size(), .difference = results::mean(differences)};
    for (double& difference : differences) difference = std::abs(difference - agreement.difference);
    agreement.error = results::mean(differences);
    if (own.size() >= 3) agreement.rank_correlation = correlation(ranks(own), ranks(kaggle));
    all.push_back(std::move(agreement));
  }
  return all;
}

}  // namespace aviary::board
