// What a run folder tells of its training besides the results: recipe.toml and environment.json. The commands that make a run
// write them before the first batch, and resume and fork read them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "commands/session.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/difference.hpp"
#include "recipe/recipe.hpp"
#include "results/run_folder.hpp"

namespace aviary::commands {

/// A run must find its data from wherever it is continued or evaluated.
void make_data_path_absolute(recipe::Recipe& recipe);

/// A new folder: what --run says, else runs/RECIPE/TIME.
results::RunFolder new_run(const std::string& run, const recipe::Recipe& recipe);

/// The recipe that this one extends, by name, with what differs from it, since its file may change: {"recipe", "changes"}. Null
/// where there is none, or it is no recipe by itself.
nlohmann::ordered_json parent_of(const recipe::Recipe& recipe, plugins::Catalogue& catalogue);

/// Of a new run. `parent`: as parent_of() has it; `origin`: the checkpoints whose weights it has, if any. Precondition: the
/// session's threads and workers are known.
void write_record(const results::RunFolder& run, const recipe::Recipe& recipe, const SessionOptions& session,
                  const nlohmann::ordered_json& parent, const std::vector<std::filesystem::path>& origin = {});

/// The files of all plugins that a recipe needs.
std::vector<std::filesystem::path> plugin_files(const recipe::Recipe& recipe);

struct RunRecord {
  recipe::Recipe recipe;
  nlohmann::ordered_json parent;        ///< of the recipe that the run was begun with
  std::vector<recipe::Change> changes;  ///< that `settings` made
  SessionOptions session;
};

/// The run's recipe with KEY=VALUE `settings`. Throws Error where a file is damaged, and RecipeError for every value that
/// someone changed in recipe.toml and that is not among the settings.
RunRecord read_record(const results::RunFolder& run, const std::vector<std::string>& settings, plugins::Catalogue& catalogue);

/// Adds to the changes what is another one in this session than before, and is no setting.
void note_change(RunRecord& record, const std::string& what, const std::string& before, const std::string& after);

/// What was changed, into recipe.toml and environment.json, and into the log, where it lasts as long as the checkpoint that
/// `position` is of is gone on from. Also adds it to the experiment's notices.
void write_changes(const results::RunFolder& run, const RunRecord& record, training::Experiment& experiment,
                   training::Position& position);

}  // namespace aviary::commands
