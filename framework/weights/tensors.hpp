// What a file of weights holds, in either format.
#pragma once

#include <map>
#include <string>

#include <aviary/optimizer.hpp>

namespace aviary::weights {

struct Tensors {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  ///< safetensors only: PyTorch's format has no place for it
};

}  // namespace aviary::weights
