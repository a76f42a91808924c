// Several models asked together: the mean of their probabilities, weighted as validation pictures tell. Pure functions, for any
// thread.
#pragma once

#include <vector>

#include "results/scoring.hpp"

namespace aviary::results {

/// The logarithms of the mean of the members' probabilities. The weights add up to 1. Throws Error where members saw other
/// pictures. Precondition: there is a member, and a weight for each.
Outputs mean_outputs(const std::vector<Outputs>& members, const std::vector<double>& weights);

/// How weights are found.
enum class Combine {
  mean,      ///< all alike
  weighted,  ///< the mixture that makes these pictures' labels most likely (expectation maximisation of its weights)
  greedy,    ///< of 50 picks, with replacement, each the one that helps top-1 most, then the loss (Caruana et al., Ensemble
             ///< Selection from Libraries of Models, 2004, section 2)
};

/// Of members that saw the same labelled pictures, one weight each.
std::vector<double> weights_for(Combine combine, const std::vector<Outputs>& members);

}  // namespace aviary::results
