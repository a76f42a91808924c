// Cuts a validation part off the training part. Called once, when the data is opened.
#pragma once

#include <cstdint>

#include "data/dataset.hpp"

namespace aviary::data {

/// Moves `fraction` of every class (rounded, at least 1 where the class has 2 pictures, never all) from train into a new
/// validation part, the old one is dropped. Which ones depends on the seed and each sample's name, so files that are added to
/// one class change nothing in the others. Preconditions: 0 < fraction < 1; train is sorted by label.
void cut_validation(Dataset& dataset, double fraction, std::uint64_t seed);

}  // namespace aviary::data
