// What learns: a recipe's model, its optimizer and its schedule, without data. Used from the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

#include "recipe/recipe.hpp"

namespace aviary {
class Model;
}

namespace aviary::training {

struct Learner {
  /// `outputs`: width of the logits. Throws Error when a plugin fails or a limit of the recipe is exceeded.
  Learner(recipe::Recipe recipe, std::int64_t outputs);

  std::int64_t parameter_count() const;
  /// Of this step, by the recipe's schedule.
  double learning_rate(const Progress& progress) const;

  recipe::Recipe recipe;
  std::int64_t outputs;
  std::shared_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Scheduler> scheduler;
};

/// A model of the recipe, initialised from its seed, in channels-last memory on the compute device.
std::shared_ptr<Model> make_model(const recipe::Recipe& recipe, std::int64_t outputs);

/// The model's parameters with their roles, in the order it registers them.
std::vector<Parameter> parameters_of(const Model& model);

}  // namespace aviary::training
