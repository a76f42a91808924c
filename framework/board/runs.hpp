// All runs below a folder, with what each came to. Used by the command board and by its server, from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "recipe/difference.hpp"
#include "results/run_result.hpp"

namespace aviary::board {

enum class State { not_begun, training, stopped, finished };

struct Run {
  std::string name;  ///< its path below the folder: "efficientnet/attempt-12/2026-11-24_22-54-01"
  std::filesystem::path folder;
  std::string recipe;
  State state = State::not_begun;
  results::RunResult result;
  std::optional<double> published_train;  ///< that the recipe names, as the next three
  std::optional<double> published_validation;
  std::optional<double> published_test;
  std::optional<double> published_kaggle;
  std::optional<double> kaggle;  ///< that aviary board record has kept
  std::string parent;            ///< the recipe that its recipe extends; empty where there is none
  std::string origin;            ///< the run that it was forked from, by its name or, outside of the folder, its path; or empty

  /// The published score of the leaderboard, else of the test part, else of the validation part.
  std::optional<double> published() const;
};

struct Listing {
  std::vector<Run> runs;             ///< in the order of their names
  std::vector<std::string> notices;  ///< sentences on those that are not whole
};

/// A folder that has a recipe.toml, an environment.json or an events.jsonl is a run; nothing below it is looked at. Links are
/// not followed. Throws Error (Fault::usage) when `folder` is none.
Listing list_runs(const std::filesystem::path& folder);

/// What runs can be ranked by: the best first, those that lack it last, equals in the order of their names.
constexpr std::string_view rankings[] = {"validation", "train",      "ema",     "test",   "kaggle",
                                         "published",  "parameters", "seconds", "started"};

void rank(std::vector<Run>& runs, std::string_view by);

/// Whose name or recipe holds this text, in small or capital letters.
void filter(std::vector<Run>& runs, const std::string& text);

/// What differs between the recipes of two run folders, as they were recorded. Throws Error where a record is damaged.
std::vector<recipe::Change> recipe_changes(const std::filesystem::path& before, const std::filesystem::path& after);

std::string_view to_string(State state);

nlohmann::ordered_json to_json(const Run& run);

}  // namespace aviary::board
