#include "training/limits.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "recipe/variation.hpp"
#include "training/learner.hpp"

namespace aviary::training {
namespace {

// Whether the model shrinks with the setting's value.
bool shrinks_with(const std::string& key, recipe::Recipe recipe, std::int64_t parameters, std::int64_t outputs) {
  const Value value = recipe.model.values.at(key);
  for (const double factor : {0.9, 0.8, 0.7, 0.6, 0.5}) {
    recipe.model.values[key] = recipe::scaled(value, factor);
    if (recipe.model.values[key] == value || !recipe::acceptable(recipe.model)) continue;
    try {
      return count_parameters(*make_model(recipe, outputs)) < parameters;
    } catch (const Error&) {
      continue;  // the model refuses this value
    }
  }
  return false;
}

std::string remedy(const recipe::Recipe& recipe, std::int64_t parameters, std::int64_t outputs) {
  std::vector<std::string> keys;
  for (const std::string& key : recipe::numeric_settings(recipe.model))
    if (shrinks_with(key, recipe, parameters, outputs)) keys.push_back("model." + key);
  if (keys.empty()) return "make [model] smaller";
  return fmt::format("it shrinks with {}: aviary fit {} --vary {} finds the largest value that fits", fmt::join(keys, ", "),
                     recipe.files.front(), keys.front());
}

}  // namespace

void check_limits(const recipe::Recipe& recipe, std::int64_t parameters, std::int64_t outputs) {
  if (recipe.limits.epochs && recipe.training.epochs > *recipe.limits.epochs)
    throw Error(fmt::format("training.epochs is {}, above limits.epochs {}", recipe.training.epochs, *recipe.limits.epochs),
                Fault::usage);
  if (recipe.limits.parameters && parameters > *recipe.limits.parameters)
    throw Error(
        fmt::format("the model has {} parameters, {} more than limits.parameters ({}); {}", parameters,
                    parameters - *recipe.limits.parameters, *recipe.limits.parameters, remedy(recipe, parameters, outputs)),
        Fault::usage);
}

}  // namespace aviary::training
