// A sweep: one recipe, trained again and again with other values of some of its keys. Read from a file beside the recipes, or
// made of a recipe whose parts are left out one by one. Nothing is trained here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <aviary/params.hpp>

#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "search/space.hpp"

namespace aviary::search {

/// [sweep]
struct SweepSettings {
  std::string strategy = "random";
  std::int64_t trials = 20;
  std::int64_t seeds = 1;
  std::int64_t seed = 0;
  std::optional<std::string> metric = {};
  std::int64_t min_epochs = 1;
  std::int64_t reduction = 3;

  static void declare(ParamList<SweepSettings>& list);
};

/// One choice of each key that varies, in their order.
struct Point {
  std::vector<std::string> labels;
  std::vector<recipe::Entry> values;
};

struct Sweep {
  std::string name;            ///< of the file
  std::filesystem::path base;  ///< the recipe
  SweepSettings settings;
  std::vector<recipe::Entry> set = {};  ///< what holds for all points
  std::vector<std::string> keys = {};   ///< that vary
  std::vector<Point> points = {};
  std::vector<recipe::Entry> written = {};  ///< the file's values by dotted key: a change makes it another sweep
};

/// Whether a file is a sweep, not a recipe. False where it cannot be read.
bool is_sweep(const std::filesystem::path& file);

/// Throws RecipeError: for the file itself, and for every value of the space that the recipe does not take. `trials`: over the
/// file's. `settings`: KEY=VALUE, over the recipe's values.
Sweep read_sweep(const std::filesystem::path& file, const std::vector<std::string>& settings,
                 const std::optional<std::int64_t>& trials, plugins::Catalogue& catalogue);

/// The recipe as it is, and without each of its augmentations once `after` epochs are complete. Throws Error where there is
/// none.
Sweep without_augmentations(const recipe::Recipe& recipe, std::int64_t after, std::int64_t seeds);

/// The recipe as it is, and without each of the tables that it can do without. Throws Error where there is none.
Sweep without_tables(const recipe::Recipe& recipe, std::int64_t seeds);

/// The recipe of a point. Throws RecipeError.
recipe::Recipe recipe_of(const Sweep& sweep, const Point& point, const std::vector<std::string>& settings,
                         plugins::Catalogue& catalogue);

/// Every value below `root` as text, by dotted key, with its place. `prefix`: what the keys begin with.
std::vector<recipe::Entry> list_values(const recipe::Node& root, const std::string& prefix);

/// What makes that recipe of the base, as KEY=VALUE.
std::vector<std::string> settings_of(const Sweep& sweep, const Point& point);

}  // namespace aviary::search
