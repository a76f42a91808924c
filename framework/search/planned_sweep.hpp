// A sweep as it will be trained: each point with the settings its trainings get, scaled where that is asked for, what is passed
// over, and the beginnings that trainings have in common. Used from the main thread; afterwards any thread may read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"
#include "search/beginnings.hpp"
#include "search/sweep.hpp"
#include "search/trials.hpp"

namespace aviary::search {

struct PlannedPoint {
  std::vector<std::string> settings;     ///< KEY=VALUE, over the base recipe
  std::optional<recipe::Recipe> recipe;  ///< none where they make none
  std::string skipped;                   ///< why, where it is not trained
};

class PlannedSweep {
 public:
  /// `given`: KEY=VALUE settings of the command line. A number or size of pictures among them is not scaled. Throws Error where
  /// no point makes a recipe. `sweep` must outlive it.
  PlannedSweep(const Sweep& sweep, const std::vector<std::string>& given, double scale, plugins::Catalogue& catalogue);

  /// Passes over the points whose models, which are made for it, have too many parameters. Throws Error where the data has
  /// nothing to rank points by.
  void look_at_data();

  /// Once the data has been looked at. With the trainings that several points have in common, each before those that need it.
  std::vector<Trial> trials() const;

  /// Where trainings are stopped early: after min_epochs they are compared, and again by the reduction.
  std::optional<Halving> halving() const;

  const std::vector<PlannedPoint>& points() const { return points_; }
  /// The first that makes a recipe.
  const recipe::Recipe& first() const;
  std::string metric() const { return first().training.metric; }
  bool smaller_is_better() const { return recipe::smaller_is_better(metric()); }

 private:
  PlannedPoint plan(const Point& point, const std::vector<std::string>& given, double scale,
                    plugins::Catalogue& catalogue) const;
  void require_validation() const;
  void skip_too_large();
  Course course(std::size_t point, std::size_t seed) const;
  std::vector<Part> parts(const std::vector<Course>& courses) const;

  const Sweep& sweep_;
  std::vector<PlannedPoint> points_;
};

}  // namespace aviary::search
