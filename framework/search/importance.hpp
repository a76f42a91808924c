// How much of what a sweep's scores differ by is due to each key alone. Pure, for any thread.
#pragma once

#include <string>
#include <vector>

namespace aviary::search {

/// Omega squared of a one-way analysis of variance (Hays 1963): the share of the scores' variance that groups of equal labels
/// explain, less what chance would; 0 to 1. Labels that are numbers, more than four of them, make four groups of equal counts,
/// in their order. 0 where there are not at least two groups and one more score. Precondition: as many labels as scores.
double importance(const std::vector<std::string>& labels, const std::vector<double>& scores);

}  // namespace aviary::search
