// The passes of a training step, forward and backward, as one CUDA graph: recorded once and replayed from then on, so that the
// CPU does not start a thousand small kernels for each batch (training.cuda_graph). Used from the thread that trains.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/loader.hpp"
#include "recipe/recipe.hpp"

namespace aviary::training {

class RecordedPass {
 public:
  /// Fills the gradients of the model's parameters, which are empty, and returns what is to be known of the pass, on the
  /// device.
  using Pass = std::function<at::Tensor(const data::Batch&)>;

  /// Throws Error (Fault::usage) where the recipe asks for a recording and none can be made: on the CPU, in fp16, with several
  /// batches to a step, with a LibTorch before 2.6 or without CUDA.
  explicit RecordedPass(const recipe::Recipe& recipe);
  RecordedPass(const RecordedPass&) = delete;
  RecordedPass& operator=(const RecordedPass&) = delete;
  ~RecordedPass();

  /// `pass(batch)`, or, from the fourth batch in a row of the same shape on, its recording, in which the pass does nothing on
  /// the CPU any more. Throws Error where it cannot be recorded. Precondition: `parameters` and `pass` are always the same.
  at::Tensor run(const data::Batch& batch, const std::vector<at::Tensor>& parameters, const Pass& pass);

 private:
  struct Recording;

  bool wanted_;
  std::unique_ptr<Recording> recording_;
};

}  // namespace aviary::training
