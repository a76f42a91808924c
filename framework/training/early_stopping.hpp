// When a training has waited long enough. Used by the trainer.
#pragma once

#include <span>
#include <string>

#include "recipe/sections.hpp"

namespace aviary::training {

/// Whether the last `patience` values brought nothing better than those before, by more than min_delta. `metric` tells by its
/// name whether less is better ("validation.loss").
bool out_of_patience(const recipe::EarlyStopping& settings, const std::string& metric, std::span<const double> values);

}  // namespace aviary::training
