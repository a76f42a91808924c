// The words of the progress line, apart from where and how often they are drawn. ASCII only, so that bytes are columns.
#pragma once

#include <cstddef>
#include <string>

#include "results/events.hpp"

namespace aviary::results {

/// The live line in at most `columns`: the bar shortened first, then parts left out.
std::string compose_live_line(const BatchDone& batch, std::size_t columns);

/// What stays of an epoch. The scores always; rate, time and speed where they fit in `columns`.
std::string compose_epoch_line(const EpochDone& event, std::size_t columns);

}  // namespace aviary::results
