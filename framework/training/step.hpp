// One step of training: forward, loss, backward, and the optimizer's update.
#pragma once

#include <cstdint>
#include <span>

#include <aviary/error.hpp>

#include "data/dataset.hpp"
#include "data/loader.hpp"
#include "training/learner.hpp"

namespace aviary::training {

/// An optimizer threw: weights and its state may be those of half a step.
struct OptimizerFailed final : Error {
  using Error::Error;
};

/// Makes what LibTorch draws in the next forward pass depend on (seed, epoch, batch) alone, and on the process where several
/// train together: each draws for its own pictures.
void seed_forward(const Learner& learner, std::int64_t epoch, std::int64_t batch);

/// What the model takes of a batch in training, on the compute device: its pictures, or one that counts nothing where it has
/// none, as the other processes wait for this one in every synchronized batch norm.
at::Tensor input_of(const Learner& learner, const data::Batch& batch);

struct StepResult {
  double learning_rate = 0;
  double loss = 0;  ///< mean over the pictures
  std::int64_t correct = 0;
  std::int64_t pictures = 0;  ///< of all processes, like loss and correct
  double seconds = 0;
  double forward_seconds = 0;   ///< of these, the loss included
  double backward_seconds = 0;  ///< with what a GPU is waited for; of a recorded pass, all of it
};

/// One step over the pictures of all `batches`, and of those of the other processes, whose gradients are added up. Random draws
/// of a forward pass depend on (seed, epoch, batch) alone. Throws Diverged when a loss is not finite, with the files of its
/// batch, which is of `split`. Whatever it throws but OptimizerFailed leaves the learner as before the step. Precondition:
/// there is a batch, and each holds a picture; among several processes a batch may be empty, but their number is the same in
/// each. Where none of them has a picture, nothing is changed, and the result has none.
StepResult train_step(Learner& learner, std::span<const data::Batch> batches, const data::Split& split,
                      const Progress& progress);

}  // namespace aviary::training
