// The phases of a training: what its epochs see, one phase after the other. resolve() reads them from [[curriculum]]; the
// training asks which phase an epoch is in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"
#include "recipe/resolver.hpp"

namespace aviary::recipe {

/// Reads [[curriculum]], and what it does not say itself from `data`. What was read goes to `resolved`.
std::vector<Phase> read_phases(const Node& curriculum, const Data& data, Resolver& resolver, Node& resolved);

/// Whether the phases make a training of so many epochs, the last one with those that are left where it does not say.
bool add_up(const std::vector<Phase>& phases, std::int64_t epochs);

/// "[[curriculum]] has 60 epochs, the training has 50": why they do not.
std::string misfit(const std::vector<Phase>& phases, std::int64_t epochs);

/// Ends the phases with the training, or makes the last one longer, in their `resolved` list too.
void cut(std::vector<Phase>& phases, std::int64_t epochs, Node& resolved, const Place& place);

struct PhaseEpoch {
  std::size_t phase;
  std::int64_t epoch;  ///< within the phase, from 0
};

/// Where an epoch of the training is; those after the end go on in the last phase.
PhaseEpoch phase_epoch(const std::vector<Phase>& phases, std::int64_t epoch);

}  // namespace aviary::recipe
