// How long a training will take, and what it waits for, from a calibration of its parts. Pure, but for opening nothing new.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/calibration.hpp"

namespace aviary::search {

struct Plan {
  std::vector<double> epochs;  ///< seconds of each, with its validation
  double seconds = 0;          ///< of the whole training, the test at its end included
  std::string bound;           ///< what most epochs wait for: "model", "decoding" or "augmentation"
  std::string advice;          ///< the change that would help most; "none" where none saves a twentieth
  double seconds_with_advice = 0;
};

/// `workers` prepare pictures while the model computes; all share the `cores`: an epoch takes what the model needs, or what the
/// workers need where that is more, and each picture's preparation takes its share of the cores from the model.
Plan make_plan(const training::Experiment& experiment, const training::Calibration& calibration, int cores, int workers);

}  // namespace aviary::search
