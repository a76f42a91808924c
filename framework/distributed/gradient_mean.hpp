// The mean of the gradients over the processes that train together, computed in buckets while the backward pass goes on: what
// is complete travels while the rest is computed. Owned by a learner; used on the thread that trains.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "distributed/world.hpp"

namespace aviary::distributed {

class GradientMean {
 public:
  /// Of a process that is alone: nothing to do.
  GradientMean() = default;
  /// Of these leaves, in the order that the model registers them: the backward pass comes to the last ones first.
  GradientMean(const World& world, const std::vector<at::Tensor>& parameters, std::size_t bucket_bytes = std::size_t{4} << 20);

  /// Before the backward pass that completes the gradients.
  void begin();
  /// After it, before anything else is summed: sends what the backward pass left incomplete.
  void send();
  /// Then every gradient becomes the sum over all processes times `factor`. It stays undefined only where it is in all.
  void finish(double factor);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the parameters' hooks look whether it is still there
};

}  // namespace aviary::distributed
