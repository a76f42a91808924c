// A model ready to predict: its weights, its classes, and how its pictures are prepared. Used from the main thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/preparation.hpp"
#include "plugins/border.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"

namespace aviary {
class Model;
}

namespace aviary::training {

struct TrainedModel {
  std::shared_ptr<Model> model;
  plugins::Callee callee;
  std::vector<std::string> classes;  ///< by output
  data::Preparation preparation;

  /// Of an output; its number where data.classes asked for more outputs than there are classes.
  std::string class_name(std::int64_t output) const;
};

/// From a model.safetensors as checkpoints hold it; nothing else is needed. Throws Error when the file does not say what it is.
TrainedModel read_trained_model(const std::filesystem::path& file, plugins::Catalogue& catalogue);

/// The recipe's model with weights from elsewhere. Classes are named by data.class_names, by the data where it is there, and
/// else by their numbers.
TrainedModel model_with_weights(const recipe::Recipe& recipe, const std::filesystem::path& weights);

/// Makes the recipe's model.weights, if it names any, the absolute path of a file: for a run or checkpoint that of its model.
/// Throws RecipeError.
void find_start(recipe::Recipe& recipe);

/// Starts the training from what model.weights names, if anything; `classes` are those of the data. Returns sentences for the
/// user. Throws RecipeError when the weights are not those of such a model.
std::vector<std::string> start_from_weights(const recipe::Recipe& recipe, Model& model,
                                            const std::vector<std::string>& classes);

}  // namespace aviary::training
