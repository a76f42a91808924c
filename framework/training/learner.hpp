// What learns: a recipe's model, its optimizer and its schedule, without data. Used from the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aviary/nn/layers.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

#include "distributed/gradient_mean.hpp"
#include "distributed/world.hpp"
#include "recipe/recipe.hpp"
#include "training/gradient_scale.hpp"
#include "training/loss.hpp"
#include "training/recorded_pass.hpp"
#include "training/weight_average.hpp"

namespace aviary {
class Model;
}

namespace aviary::training {

struct Learner {
  /// `outputs`: width of the logits; `steps`: of the whole training, 0 where none is meant; `class_counts`: training pictures
  /// of each output, for a balanced loss. Throws Error when a plugin fails or a limit of the recipe is exceeded.
  Learner(recipe::Recipe recipe, std::int64_t outputs, std::int64_t steps = 0,
          const std::vector<std::int64_t>& class_counts = {});

  /// Trains with the other processes of `with` from now on. Throws Error (Fault::usage) where batch norms are to be
  /// synchronized and one is not ours.
  void join(const distributed::World& with);

  std::int64_t parameter_count() const;
  /// Of this step, by the recipe's schedule.
  double learning_rate(const Progress& progress) const;
  /// All that its updates depend on besides weights and gradients: the optimizer's state, and the gradients' scale if there is
  /// one.
  NamedTensors update_state() const;
  /// Puts the model into training mode, but what model.freeze names: that stays in evaluation mode, so that its batch norms'
  /// statistics stay as they are too.
  void train_mode();

  recipe::Recipe recipe;
  std::int64_t outputs;
  std::shared_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Scheduler> scheduler;
  Loss loss;
  GradientScale gradient_scale;
  RecordedPass recorded_pass;
  std::optional<WeightAverage> ema;
  std::optional<WeightAverage> swa;
  distributed::World world;                       ///< of one, before join()
  distributed::GradientMean gradient_mean;        ///< over it
  std::shared_ptr<nn::SharedBatch> shared_batch;  ///< of the batch norms; null where each process has its own
};

/// A model of the recipe, initialised from its seed, in channels-last memory on the compute device.
std::shared_ptr<Model> make_model(const recipe::Recipe& recipe, std::int64_t outputs);

std::int64_t count_parameters(const Model& model);

/// The model's parameters that are trained, with their roles, in the order it registers them. Those that start.freeze names are
/// left out, and take no gradient any more; weight decay leaves out those that `decay` names by role.
std::vector<Parameter> parameters_of(const Model& model, const recipe::Start& start, const recipe::Decay& decay = {});

/// Whether a parameter or layer is what a pattern of model.freeze or model.lr_factors names: its whole name or a part up to a
/// dot, where * stands for any text ("features.*.bn").
bool matches(const std::string& pattern, const std::string& name);

}  // namespace aviary::training
