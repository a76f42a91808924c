// Everything that a training needs, made from a recipe: data opened, plugins made, limits checked. It owns all of it and is the
// one place where the order of destruction is decided. Used from the main thread.
#pragma once

#include "data/dataset.hpp"
#include "data/loader.hpp"
#include "data/preparation.hpp"
#include "recipe/recipe.hpp"
#include "training/curriculum.hpp"
#include "training/learner.hpp"

namespace aviary::training {

/// Width of the logits: the recipe's data.classes, or as many as the data has.
std::int64_t outputs(const recipe::Recipe& recipe, const data::Dataset& dataset);
/// The same without the data, which is only opened when the recipe names no classes.
std::int64_t outputs(const recipe::Recipe& recipe);

struct Experiment {
  /// Of a training on all processes of `world`. Throws Error: data that cannot be used, a plugin that fails, a limit that is
  /// exceeded, a device that is to augment and is not there.
  explicit Experiment(const recipe::Recipe& recipe, const distributed::World& world = {});
  Experiment(const Experiment&) = delete;  // loaders refer to its data
  Experiment& operator=(const Experiment&) = delete;

  const recipe::Recipe& recipe() const { return learner.recipe; }
  const distributed::World& world() const { return learner.world; }
  /// Of all processes together.
  std::int64_t batch_size() const { return recipe().data.batch_size * world().size(); }

  data::Dataset dataset;
  data::Preparation preparation;
  Curriculum curriculum;
  data::Cache cache;
  Learner learner;
  data::Finisher finisher;               ///< of training batches
  std::shared_ptr<JpegDecoder> decoder;  ///< null: the CPU decodes
};

/// For a split of its dataset.
data::LoaderOptions loader_options(const Experiment& experiment, const data::Split& split, int workers);

}  // namespace aviary::training
