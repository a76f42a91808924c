// The largest model under a limit of parameters. Models are made to be counted, and no data is looked at. Called by `aviary
// fit` from the main thread.
//
// What varies is one number of [model], which takes the multiples of a step; or several settings, or a list, which grow by one
// common factor: the factor takes the multiples of a step, and each number of the recipe, times the factor, is rounded (whole
// numbers to whole ones, others to 0.01). Values that the model refuses are passed over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aviary/params.hpp>

#include "recipe/recipe.hpp"

namespace aviary::search {

struct FitOptions {
  std::vector<std::string> vary;  ///< "model.width_mult"
  std::int64_t parameters = 0;    ///< the most that a model may have
  std::optional<double> step;     ///< default 0.01; of a whole number 1
};

struct Candidate {
  std::map<std::string, Value> values;  ///< by what varies
  std::optional<double> factor;         ///< where there is one
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;
};

struct Fit {
  Candidate fits;
  std::optional<Candidate> next;  ///< the next one, which does not fit; none where the settings' ranges end
};

/// Throws Error: a setting that cannot vary or changes nothing, no value that fits. `outputs`: width of the logits.
Fit fit(const recipe::Recipe& recipe, std::int64_t outputs, const FitOptions& options);

}  // namespace aviary::search
