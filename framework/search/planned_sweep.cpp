#include "search/planned_sweep.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "data/dataset.hpp"
#include "recipe/scale.hpp"
#include "results/grouped.hpp"
#include "training/experiment.hpp"
#include "training/learner.hpp"

namespace aviary::search {
namespace {

// Whether `given` has the number or size of pictures that the setting scales: then it stays as it is given.
bool sets_data(const std::vector<std::string>& given, const std::string& setting) {
  const std::string key = setting.substr(0, setting.find('=') + 1);
  return key.starts_with("data.") &&
         std::ranges::any_of(given, [&](const std::string& other) { return other.starts_with(key); });
}

}  // namespace

PlannedSweep::PlannedSweep(const Sweep& sweep, const std::vector<std::string>& given, double scale,
                           plugins::Catalogue& catalogue)
    : sweep_(sweep) {
  for (const Point& point : sweep.points) points_.push_back(plan(point, given, scale, catalogue));
  if (std::ranges::none_of(points_, [](const PlannedPoint& point) { return point.recipe.has_value(); }))
    throw Error("no point of the sweep makes a recipe: " + points_.front().skipped, Fault::usage);
}

void PlannedSweep::look_at_data() {
  require_validation();
  skip_too_large();
}

PlannedPoint PlannedSweep::plan(const Point& point, const std::vector<std::string>& given, double scale,
                                plugins::Catalogue& catalogue) const {
  PlannedPoint planned;
  try {
    planned.settings = given;
    planned.settings.emplace_back("checkpoint.keep=1");
    std::ranges::move(settings_of(sweep_, point), std::back_inserter(planned.settings));
    const recipe::Recipe whole = recipe_of(sweep_, point, given, catalogue);  // complains at the sweep's own places
    if (scale < 1)
      for (std::string& setting : recipe::scale(whole, scale))
        if (!sets_data(given, setting)) planned.settings.push_back(std::move(setting));
    planned.recipe = recipe::read_recipe(sweep_.base.string(), planned.settings, catalogue);
    if (planned.recipe->training.precision == "auto")
      throw Error("training.precision is auto, which every trial would settle for itself; expected fp32, bf16 or fp16",
                  Fault::usage);
  } catch (const recipe::RecipeError& error) {
    planned.skipped = error.complaints().front().message;
  }
  return planned;
}

void PlannedSweep::require_validation() const {
  const recipe::Recipe& recipe = first();
  const data::Dataset dataset = data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
  if (dataset.validation.samples.empty() && !metric().starts_with("train."))
    throw Error(fmt::format("{} has no validation part, so there is no {}; data.validation_fraction = 0.1 cuts one from the "
                            "training part",
                            recipe.data.path, metric()),
                Fault::usage);
}

void PlannedSweep::skip_too_large() {
  std::map<std::string, std::int64_t> counted;
  for (PlannedPoint& point : points_) {
    if (!point.recipe || !point.recipe->limits.parameters) continue;
    const recipe::Recipe& recipe = *point.recipe;
    const std::string model = recipe::inline_toml(recipe.resolved.table()->find("model")->node) + recipe.data.path;
    if (!counted.contains(model))
      counted[model] = training::count_parameters(*training::make_model(recipe, training::outputs(recipe)));
    if (counted[model] > *recipe.limits.parameters)
      point.skipped = fmt::format("more parameters than limits.parameters = {}", results::grouped(*recipe.limits.parameters));
  }
}

std::vector<Trial> PlannedSweep::trials() const {
  std::vector<Course> courses;
  const auto seeds = static_cast<std::size_t>(sweep_.settings.seeds);
  for (std::size_t point = 0; point < points_.size(); ++point)
    for (std::size_t seed = 0; seed < seeds; ++seed) courses.push_back(course(point, seed));
  const bool stopped_early = halving().has_value();
  std::vector<Trial> trials;
  for (const Part& part : parts(courses)) {
    const PlannedPoint& point = points_[part.course / seeds];
    const std::int64_t first_seed = point.recipe ? point.recipe->training.seed : 0;
    Trial trial{.id = std::ssize(trials) + 1,
                .point = static_cast<std::int64_t>(part.course / seeds),
                .seed = first_seed + static_cast<std::int64_t>(part.course % seeds),
                .beginning = part.end.has_value() && !stopped_early,
                .end = part.end};
    if (part.after) trial.after = trials[*part.after].id;
    if (!point.skipped.empty()) trial.state = "skipped";
    trial.note = point.skipped;
    trials.push_back(std::move(trial));
  }
  return trials;
}

std::optional<Halving> PlannedSweep::halving() const {
  if (sweep_.settings.strategy != "asha") return std::nullopt;
  Halving halving{.reduction = sweep_.settings.reduction, .pauses = {}, .smaller_is_better = smaller_is_better()};
  std::int64_t epochs = 0;
  for (const PlannedPoint& point : points_)
    if (point.recipe) epochs = std::max(epochs, point.recipe->training.epochs);
  for (std::int64_t pause = sweep_.settings.min_epochs; pause < epochs; pause *= halving.reduction)
    halving.pauses.push_back(pause);
  return halving;
}

const recipe::Recipe& PlannedSweep::first() const {
  return *std::ranges::find_if(points_, [](const PlannedPoint& point) { return point.recipe.has_value(); })->recipe;
}

Course PlannedSweep::course(std::size_t point, std::size_t seed) const {
  if (!points_[point].skipped.empty()) return {fmt::format("skipped {} {}", point, seed), {}};
  Course course = course_of(*points_[point].recipe);
  course.rest += fmt::format("seed {}", seed);
  return course;
}

// Trainings that are stopped early, by what others come to, have no beginning in common.
std::vector<Part> PlannedSweep::parts(const std::vector<Course>& courses) const {
  const std::optional<Halving> halving = this->halving();
  if (!halving) return share_beginnings(courses);
  std::vector<Part> parts;
  for (std::size_t i = 0; i < courses.size(); ++i) {
    parts.push_back({.course = i, .after = {}, .end = {}});
    if (!halving->pauses.empty()) parts.back().end = halving->pauses.front();
  }
  return parts;
}

}  // namespace aviary::search
