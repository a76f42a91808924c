// What a model makes of pictures: prepared as in evaluation, never augmented. Decodes the next pictures while the model
// computes.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/preparation.hpp"
#include "plugins/border.hpp"

namespace aviary {
class Model;
}

namespace aviary::results {

struct Prediction {
  std::filesystem::path file;
  std::vector<double> logits;  ///< empty when the picture cannot be read
  std::string error;           ///< why not
};

/// Of each file in turn, in the order given. Ends early once `stop` is set. Throws Error in the model's name.
void predict(Model& model, const plugins::Callee& callee, const data::Preparation& preparation,
             const std::vector<std::filesystem::path>& files, const std::atomic<bool>& stop,
             const std::function<void(const Prediction&)>& each);

/// softmax: probabilities, which add up to 1.
std::vector<double> probabilities(const std::vector<double>& logits);

}  // namespace aviary::results
