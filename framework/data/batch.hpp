// Makes one batch: loads, augments, resizes and normalises its pictures into one tensor. Called by the loader's workers, many
// at once; everything it is given is only read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/rng.hpp>

#include "data/pictures.hpp"
#include "data/pipeline.hpp"
#include "data/preparation.hpp"
#include "data/sampling.hpp"

namespace aviary::data {

struct Batch {
  std::int64_t number = 0;           ///< in its epoch
  at::Tensor images;                 ///< float, N x 3 x H x W in channels-last memory
  at::Tensor labels;                 ///< int64, N; of a mixed picture that of its larger part
  at::Tensor targets;                ///< float, N x classes: probabilities; undefined where no picture is mixed
  std::vector<std::size_t> samples;  ///< of each row, the index into the split
};

/// What pictures are made of, the same for a whole epoch.
struct BatchContext {
  const Pictures& pictures;
  const Normaliser& normalise;
  const Pipeline* pipeline;  ///< null: pictures stay as they are
  std::uint64_t seed;
  std::int64_t epoch;
  std::int64_t outputs;  ///< width of the targets of mixed pictures
};

/// What is drawn for a picture: a generator of its own for each epoch.
Rng augmentation_rng(const BatchContext& context, const Drawn& drawn);

struct UndecodablePicture {
  std::size_t sample;
  std::string reason;
};

struct PreparedBatch {
  Batch batch;
  std::vector<UndecodablePicture> undecodable;  ///< left out of the batch
};

/// The batch of these pictures. What is drawn for a picture depends on the seed, the epoch, the sample and its repeats before
/// alone. Stops early, with a batch of no use, once `dropped` is set.
PreparedBatch prepare_batch(const BatchContext& context, std::span<const Drawn> pictures, const std::atomic<bool>& dropped);

}  // namespace aviary::data
