// The tensors of a model under their names, and how saved ones come into them: names and shapes are compared before anything is
// written. Used from the main thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <aviary/optimizer.hpp>

#include "weights/safetensors.hpp"

namespace aviary {
class Model;
}

namespace aviary::weights {

/// The living tensors: parameters, then buffers, each in the order the model registers them.
NamedTensors state_of(const Model& model);

/// Copies every saved tensor into the living one of its name. Throws Error with all missing, unexpected and misshapen names;
/// `file` and `whose` ("the recipe's model") are for its message.
void restore(const NamedTensors& saved, const NamedTensors& living, const std::filesystem::path& file,
             const std::string& whose);

/// The same for weights from elsewhere, which the model starts from. A classifier for another number of classes, or for others
/// than `classes` where the file names them, stays as it is initialised, and batch norm's counters may be missing. Returns
/// sentences for the user.
std::vector<std::string> take_over(const Tensors& saved, const Model& model, const std::vector<std::string>& classes,
                                   const std::filesystem::path& file);

}  // namespace aviary::weights
