// A model ready to predict: its weights, its classes, and how its pictures are prepared. Used from the main thread.
#pragma once

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
};

/// From a model.safetensors as checkpoints hold it; nothing else is needed. Throws Error when the file does not say what it is.
TrainedModel read_trained_model(const std::filesystem::path& file, plugins::Catalogue& catalogue);

/// The recipe's model with weights from elsewhere. Classes are named by data.class_names, by the data where it is there, and
/// else by their numbers.
TrainedModel model_with_weights(const recipe::Recipe& recipe, const std::filesystem::path& weights);

/// Starts the training from the recipe's model.weights, if it names any. Returns sentences for the user.
std::vector<std::string> start_from_weights(const recipe::Recipe& recipe, Model& model);

}  // namespace aviary::training
