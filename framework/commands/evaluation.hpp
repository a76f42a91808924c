// How the command evaluate shows what it found: as text of 80 columns, and as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "results/scoring.hpp"
#include "training/members.hpp"

namespace aviary::commands {

/// One of several runs that were asked together.
struct MemberResult {
  const training::Member& member;
  double weight;
  results::Evaluation evaluation;
};

struct EvaluationResult {
  results::Evaluation evaluation;
  const data::Split& split;
  std::vector<std::string> classes;  ///< a name for each output
  std::string checkpoint;
  std::vector<MemberResult> members;  ///< of several
};

void print_evaluation(const EvaluationResult& result, bool per_class);

nlohmann::ordered_json evaluation_json(const EvaluationResult& result);

}  // namespace aviary::commands
