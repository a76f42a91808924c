// What `aviary sweep` came to: its points, ranked, on the screen and in files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace aviary::commands {

/// One training.
struct SweepTrial {
  std::int64_t id = 0;
  std::size_t point = 0;
  std::int64_t seed = 0;
  std::string state;
  std::string note;
  std::optional<double> score;
  std::int64_t parameters = 0;
  std::int64_t epochs = 0;
  double seconds = 0;  ///< of its epochs, those that it shares with others too
  std::string run;
};

struct SweepTable {
  std::string title;
  std::string metric;
  bool smaller_is_better = false;
  bool ablation = false;                              ///< then the first point is the one with everything
  std::vector<std::string> keys;                      ///< that vary
  std::vector<std::vector<std::string>> labels = {};  ///< of each point, a label for each key
  std::vector<SweepTrial> trials = {};                ///< in the order of the points; those of one point differ in the seed
  double seconds = 0;                                 ///< of all epochs that were trained
  double seconds_saved = 0;                           ///< that sharing beginnings saved
};

/// A point and what its trainings came to.
struct SweepRank {
  std::size_t point = 0;
  std::vector<double> scores = {};
  double mean = 0;
  double spread = 0;        ///< standard deviation over the seeds; 0 with one
  std::int64_t epochs = 0;  ///< of the training that went furthest
  std::optional<SweepTrial> best = {};
};

/// Points with a score: those that were trained furthest first, then by score.
std::vector<SweepRank> ranked(const SweepTable& table);

void print_table(const SweepTable& table);
nlohmann::ordered_json table_json(const SweepTable& table);
/// sweep.csv, with a row for each training, and a plot of the scores over each key.
void write_table(const SweepTable& table, const std::filesystem::path& folder);

}  // namespace aviary::commands
