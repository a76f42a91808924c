// How much memory activations take, read from a model's traced graph: an estimate of what LibTorch allocates, good enough to
// choose a batch size. Called by summary, from the main thread.
//
// What is counted: every tensor that is computed from the pictures, once for all its views and in-place changes, and the
// pictures. What is not: weights, gradients and the optimizer's state, and the room that a convolution takes while it runs.
#pragma once

#include <cstdint>

namespace torch::jit {
struct Module;
}

namespace aviary::network {

/// For one picture; a batch takes as many times as much.
struct ActivationBytes {
  /// In evaluation: the most that is alive at once, when each tensor is freed after its last use.
  std::int64_t forward;
  /// In training: what the forward pass keeps for the backward pass, by the rules that LibTorch's derivatives follow (a
  /// convolution its input, a ReLU its output, a sum nothing; of operations without a known rule all inputs). Dropout that is
  /// off in evaluation and does not call at::dropout (drop path) is not seen.
  std::int64_t backward;
};

/// Precondition: `traced` is what trace() returned.
ActivationBytes activation_bytes(const torch::jit::Module& traced);

}  // namespace aviary::network
