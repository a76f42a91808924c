// Everything that a training needs, made from a recipe: data opened, plugins made, limits checked. It owns all of it and is the
// one place where the order of destruction is decided. Used from the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

#include "data/dataset.hpp"
#include "data/pipeline.hpp"
#include "data/preparation.hpp"
#include "recipe/recipe.hpp"

namespace aviary::training {

struct Experiment {
  /// Throws Error: data that cannot be used, a plugin that fails, a limit that is exceeded.
  explicit Experiment(recipe::Recipe recipe);
  Experiment(const Experiment&) = delete;  // loaders refer to its data
  Experiment& operator=(const Experiment&) = delete;

  std::int64_t parameter_count() const;
  /// Width of the logits.
  std::int64_t outputs() const;

  recipe::Recipe recipe;
  data::Dataset dataset;
  data::Preparation preparation;
  data::Pipeline augmentation;
  std::shared_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Scheduler> scheduler;
};

/// A model of the recipe, initialised from its seed, in channels-last memory on the compute device.
std::shared_ptr<Model> make_model(const recipe::Recipe& recipe, std::int64_t outputs);

/// The model's parameters with their roles, in the order it registers them.
std::vector<Parameter> parameters_of(const Model& model);

}  // namespace aviary::training
