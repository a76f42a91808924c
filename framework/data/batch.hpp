// Makes one batch: loads, augments, resizes and normalises its pictures into one tensor. Called by the loader's workers, many
// at once; everything it is given is only read. Where a device augments, the workers leave a raw batch, which the thread that
// takes it from the loader finishes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <aviary/augment/device.hpp>
#include <aviary/rng.hpp>

#include "data/pictures.hpp"
#include "data/pipeline.hpp"
#include "data/preparation.hpp"
#include "data/sampling.hpp"

namespace aviary::data {

/// What mixes a row's picture with that of another row.
struct Mixture {
  std::int64_t row;
  std::int64_t other;
  double share;  ///< of the row's own picture
  cv::Rect box;  ///< if not empty: taken from the other picture, and the rest stays
};

struct Batch {
  std::int64_t number = 0;           ///< in its epoch
  at::Tensor images;                 ///< float, N x 3 x H x W in channels-last memory; undefined in a raw batch
  at::Tensor labels;                 ///< int64, N; of a mixed picture that of its larger part
  at::Tensor targets;                ///< float, N x classes: probabilities; undefined where no picture is mixed
  std::vector<std::size_t> samples;  ///< of each row, the index into the split
  RawPictures raw = {};              ///< of a raw batch: what its images are made of
  std::vector<Mixture> mixtures = {};

  /// Those of images, labels and targets that it has.
  std::vector<at::Tensor*> tensors();
};

/// What pictures are made of, the same for a whole epoch.
struct BatchContext {
  const Pictures& pictures;
  const Normaliser& normalise;
  const Pipeline* pipeline;  ///< null: pictures stay as they are
  std::uint64_t seed;
  std::int64_t epoch;
  std::int64_t outputs;  ///< width of the targets of mixed pictures
  bool raw = false;      ///< batches are left for finish()
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

/// What makes the images of raw batches, where, and of which numbers.
struct Finisher {
  std::shared_ptr<DeviceAugmenter> augmenter = nullptr;  ///< null: batches are not raw
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;  ///< or at::kBFloat16
};

/// Makes the images of a raw batch. On a GPU it only says what is to be done, and waits for nothing; to be called where
/// LibTorch's current stream is the default one. Throws Error.
void finish(Batch& batch, const Finisher& with);

}  // namespace aviary::data
