// What `aviary replay` came to: published scores beside replayed ones, on the screen and in files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "recipe/recipe.hpp"
#include "results/run_result.hpp"

namespace aviary::commands {

struct ReplayRow {
  std::string name;     ///< "attempt-03"
  std::string changed;  ///< against the recipe that it extends
  std::int64_t parameters = 0;
  recipe::Published published;
  results::RunResult replayed;
  std::string state;  ///< "done", "failed", "not begun", "epoch 3/10"
};

struct ReplayTable {
  std::string title;  ///< what was replayed, on which data, at which scale
  std::vector<ReplayRow> rows;
};

void print_table(const ReplayTable& table);
nlohmann::ordered_json table_json(const ReplayTable& table);
/// replay.csv, replay.md and replay.html.
void write_table(const ReplayTable& table, const std::filesystem::path& folder);

}  // namespace aviary::commands
