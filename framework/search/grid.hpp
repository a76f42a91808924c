// The values that `aviary fit` may choose from, by number: all multiples of a step from 0 on. See fit.hpp for what they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace aviary::search {

class Grid {
 public:
  /// `vary`: keys such as "model.width". Throws Error (Fault::usage) for what is no number of the model.
  Grid(const recipe::ComponentRecipe& model, const std::vector<std::string>& vary, std::optional<double> step);

  /// The number of the point nearest to the recipe's own values.
  std::int64_t start() const;
  /// The model with the values of a point, whether it accepts them or not.
  recipe::ComponentRecipe at(std::int64_t point) const;
  /// The common factor of a point, where several settings vary.
  std::optional<double> factor(std::int64_t point) const;

 private:
  bool single() const;
  double value(std::int64_t point) const;

  recipe::ComponentRecipe model_;
  std::vector<std::string> keys_;
  double step_;
};

}  // namespace aviary::search
