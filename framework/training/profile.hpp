// Where the time of a training step goes: LibTorch's own record of its operations, and the blocks' (framework/sdk/nn), summed
// by kind, beside what this machine could do at best. Called from the main thread; the model's weights are trained a little.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/experiment.hpp"

namespace aviary::training {

/// Of a step. Time within an operation that another one calls counts for the inner one alone.
struct OperationKind {
  std::string name;  ///< "convolution 1x1, backward"
  double seconds = 0;
  std::int64_t calls = 0;
  double flops = 0;    ///< of convolutions and matrix products; a multiplication and an addition are two
  double bytes = 0;    ///< of the tensors that are read and written, each once; 0 where it is not known
  double at_best = 0;  ///< seconds that this machine needs for the flops, or for the bytes where that is more
};

struct Profile {
  std::vector<OperationKind> kinds;  ///< the longest first; they add up to `seconds`
  double seconds = 0;                ///< of a step
  std::int64_t pictures = 0;         ///< of a step
  double flops_per_second = 0;       ///< of a large 3x3 convolution in the recipe's precision
  double bytes_per_second = 0;       ///< read and written, of a copy that no cache holds
};

/// Of steps of the recipe's batch size, on the same pictures: three to warm up, then at least five, for so many seconds.
/// Throws Error (Fault::usage) where the device is a GPU, which computes while its operations return.
Profile profile(Experiment& experiment, double seconds = 8);

}  // namespace aviary::training
