// What a model makes of pictures: prepared as in evaluation, never augmented. Worker threads decode the next pictures while the
// model computes.
#pragma once

#include <atomic>
#include <cstddef>
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

/// The next files, at most so many. To be told to wait means to give at least one, or none when there are no more; without
/// that, what is there now. Called from the thread that predicts.
using NextFiles = std::function<std::vector<std::filesystem::path>(std::size_t most, bool wait)>;

NextFiles in_turn(std::vector<std::filesystem::path> files);

/// Of each file in turn, in the order given; `each` hears of it before `next` is told to wait. Ends early once `stop` is set.
/// Throws Error in the model's name.
void predict(Model& model, const plugins::Callee& callee, const data::Preparation& preparation, const NextFiles& next,
             int workers, const std::atomic<bool>& stop, const std::function<void(const Prediction&)>& each);

/// softmax: probabilities, which add up to 1.
std::vector<double> probabilities(const std::vector<double>& logits);

}  // namespace aviary::results
