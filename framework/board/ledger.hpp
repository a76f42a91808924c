// Leaderboard scores beside a run's own: a CSV file with a row a run, and how well each split foretells the leaderboard.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aviary::board {

/// Scores are shares of right pictures, 0 to 1.
struct LedgerRow {
  std::string run;  ///< its folder, or what names it
  std::optional<double> train = {};
  std::optional<double> validation = {};
  std::optional<double> test = {};
  double kaggle = 0;
};

/// Columns run, train, validation, test, kaggle, in any order; the first three scores may be empty. Nothing where there is no
/// file. Throws Error with file and line.
std::vector<LedgerRow> read_ledger(const std::filesystem::path& file);

/// The file appears whole or not at all.
void write_ledger(const std::filesystem::path& file, const std::vector<LedgerRow>& rows);

/// How well a split's scores foretell the leaderboard's.
struct Agreement {
  std::string split;
  std::size_t runs = 0;                         ///< that have both scores
  double difference = 0;                        ///< mean of leaderboard less split
  double error = 0;                             ///< mean of what remains, without its sign, once the difference is added
  std::optional<double> rank_correlation = {};  ///< Spearman's, -1 to 1; from three runs on, where neither is constant
};

/// For train, validation and test, those that any run has.
std::vector<Agreement> agreements(const std::vector<LedgerRow>& rows);

}  // namespace aviary::board
