// An evaluation as CSV files, for a spreadsheet or another program. Called by the command evaluate.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "results/scoring.hpp"

namespace aviary::results {

/// Writes into `folder`, which is made where it is missing: classes.csv, a row per class; confusion.csv, pictures by class
/// (row) and prediction (column); pictures.csv, a row per picture. `classes`: a name for each output. Throws Error.
void write_evaluation(const Evaluation& evaluation, const data::Split& split, const std::vector<std::string>& classes,
                      const std::filesystem::path& folder);

}  // namespace aviary::results
