// What a sweep varies: keys of a recipe, each with the values that it may take. Pure, for any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <aviary/rng.hpp>

#include "recipe/document.hpp"

namespace aviary::search {

/// One value of a key, and what tables and plots call it.
struct Choice {
  std::string label;
  recipe::Node value;
};

struct Dimension {
  enum class Kind { choice, integer, uniform, log_uniform };

  std::string key;      ///< "optimizer.lr"
  recipe::Place place;  ///< of the key
  Kind kind = Kind::choice;
  std::vector<Choice> choices = {};  ///< those of Kind::choice
  double low = 0;                    ///< the bounds of the other kinds, both included
  double high = 0;

  /// None where they cannot be counted.
  std::optional<std::size_t> count() const;
  /// Precondition: number < count().
  Choice at(std::size_t number) const;
  /// Numbers that are no whole ones are rounded to four digits.
  Choice draw(Rng& rng) const;
  /// The outermost values, or all choices: what must make a recipe.
  std::vector<Choice> corners() const;
};

/// Whether all labels are those of numbers, which std::stod() then reads.
bool are_numbers(const std::vector<std::string>& labels);

/// Reads [space]: tables in tables, as deep as a recipe's, or dotted keys in quotes. Throws RecipeError.
std::vector<Dimension> read_space(const recipe::Node& space);

}  // namespace aviary::search
