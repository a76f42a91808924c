#include "training/trained_model.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>
#include <aviary/model.hpp>
#include <aviary/nn/init.hpp>

#include "data/dataset.hpp"
#include "recipe/json.hpp"
#include "results/run_folder.hpp"
#include "training/learner.hpp"
#include "weights/model_state.hpp"
#include "weights/weights_file.hpp"

namespace fs = std::filesystem;

namespace aviary::training {
namespace {

nlohmann::ordered_json metadata(const weights::Tensors& saved, const std::string& key, const fs::path& file) {
  const auto found = saved.metadata.find(key);
  auto json =
      found == saved.metadata.end() ? nlohmann::ordered_json() : nlohmann::ordered_json::parse(found->second, nullptr, false);
  if (found == saved.metadata.end() || json.is_discarded())
    throw Error(fmt::format("{} does not say its {}, as the model.safetensors of a checkpoint does; give a recipe for it: "
                            "aviary predict RECIPE FILES --weights {}",
                            file.string(), key, file.string()),
                Fault::usage);
  return json;
}

std::vector<std::string> numbered(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> classes_of(const recipe::Recipe& recipe) {
  if (!recipe.data.class_names.empty()) return recipe.data.class_names;
  if (recipe.data.classes && !fs::exists(recipe.data.path)) return numbered(*recipe.data.classes);
  return data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed)).classes;
}

// Of a recipe, const or not, that has it.
auto& weights_node(auto& recipe) { return recipe.resolved.table()->find("model")->node.table()->find("weights")->node; }

// What is wrong with the weights is told where the recipe names them.
auto at_its_place(const recipe::Place& place, const auto& action) {
  try {
    return action();
  } catch (const Error& error) {
    throw recipe::RecipeError({{place, error.what()}});
  }
}

}  // namespace

std::string TrainedModel::class_name(std::int64_t output) const {
  return output < std::ssize(classes) ? classes[static_cast<std::size_t>(output)] : std::to_string(output);
}

TrainedModel read_trained_model(const fs::path& file, plugins::Catalogue& catalogue) {
  const nn::SkipInit weights_follow;
  const weights::Tensors saved = weights::load_weights_file(file);
  recipe::Recipe recipe;
  recipe.model =
      recipe::read_component(Kind::model, recipe::from_json(metadata(saved, "model", file), {file.string()}), catalogue);
  TrainedModel trained;
  trained.classes = metadata(saved, "classes", file).get<std::vector<std::string>>();
  trained.preparation = data::Preparation::from_json(metadata(saved, "preparation", file));
  trained.callee = recipe.model.callee;
  recipe.data.image_size = trained.preparation.image_size;
  trained.model = make_model(recipe, std::ssize(trained.classes));
  // data.classes may have asked for more outputs than the data has classes.
  const std::string weight = trained.model->classifier() + ".weight";
  for (const auto& [name, tensor] : saved.tensors)
    if (name == weight && tensor.dim() > 0 && tensor.size(0) > std::ssize(trained.classes))
      trained.model = make_model(recipe, tensor.size(0));
  weights::restore(saved.tensors, weights::state_of(*trained.model), file, "the model that it names");
  return trained;
}

TrainedModel model_with_weights(const recipe::Recipe& recipe, const fs::path& weights) {
  const nn::SkipInit weights_follow;
  TrainedModel trained;
  trained.classes = classes_of(recipe);
  trained.preparation = data::Preparation::from(recipe.data);
  trained.callee = recipe.model.callee;
  trained.model = make_model(recipe, recipe.data.classes.value_or(static_cast<std::int64_t>(trained.classes.size())));
  weights::restore(weights::load_weights_file(weights).tensors, weights::state_of(*trained.model), weights,
                   "the recipe's model");
  return trained;
}

void find_start(recipe::Recipe& recipe) {
  if (!recipe.start.weights) return;
  recipe::Node& node = weights_node(recipe);
  const fs::path file = at_its_place(node.place, [&] { return results::weights_file(*recipe.start.weights); });
  recipe.start.weights = fs::absolute(file).lexically_normal().string();
  node.value = *recipe.start.weights;
}

std::vector<std::string> start_from_weights(const recipe::Recipe& recipe, Model& model,
                                            const std::vector<std::string>& classes) {
  if (!recipe.start.weights) return {};
  return at_its_place(weights_node(recipe).place, [&] {
    const fs::path file = results::weights_file(*recipe.start.weights);
    return weights::take_over(weights::load_weights_file(file), model, classes, file);
  });
}

}  // namespace aviary::training
