// Cuts parts off the training part, class by class. Which pictures are taken depends on the seed and each sample's name, so
// files that are added to one class change little in it and nothing in the others. Called when the data is opened, once.
#pragma once

#include <cstdint>

#include "data/dataset.hpp"

namespace aviary::data {

/// Moves `fraction` of every class (rounded, at least 1 where the class has 2 pictures, never all) from train into a new
/// validation part, the old one is dropped. Preconditions: 0 < fraction < 1; train is sorted by label.
void cut_validation(Dataset& dataset, double fraction, std::uint64_t seed);

/// Moves one of `folds` equal parts of train into a new validation part, the old one is dropped. Each picture is in one fold;
/// a class is spread as evenly as may be. Preconditions: 0 <= fold < folds; train is sorted by label.
void cut_fold(Dataset& dataset, std::int64_t folds, std::int64_t fold, std::uint64_t seed);

/// Leaves `fraction` of every class in train (rounded, at least 1). Preconditions: 0 < fraction <= 1; train is sorted by label.
void cut_down(Split& train, double fraction, std::uint64_t seed);

}  // namespace aviary::data
