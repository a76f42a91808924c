#include "data/batch.hpp"

#include <optional>
#include <utility>

#include <ATen/ops/empty.h>

#include <aviary/error.hpp>
#include <aviary/rng.hpp>

#include "data/decode.hpp"
#include "data/purpose.hpp"

namespace aviary::data {
namespace {

Image augmented(Image image, std::size_t sample, const BatchContext& context) {
  if (context.pipeline == nullptr) return image;
  Rng rng(context.seed, {Purpose::augmentation, static_cast<std::uint64_t>(context.epoch), sample});
  return context.preparation.resize(context.pipeline->apply(std::move(image), rng));
}

}  // namespace

PreparedBatch prepare_batch(const BatchContext& context, std::span<const std::size_t> samples,
                            const std::atomic<bool>& dropped) {
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t side = context.preparation.image_size;
  PreparedBatch prepared;
  Batch& batch = prepared.batch;
  batch.images = at::empty({count, 3, side, side}, at::kFloat, at::MemoryFormat::ChannelsLast);
  batch.labels = at::empty({count}, at::kLong);
  float* values = batch.images.data_ptr<float>();
  std::int64_t* label = batch.labels.data_ptr<std::int64_t>();

  for (const std::size_t index : samples) {
    if (dropped.load(std::memory_order_relaxed)) return prepared;
    const Sample& sample = context.split.samples[index];
    Image image;
    try {
      image = sample.pixels.empty() ? decode(sample.file) : to_rgb(sample.pixels);
    } catch (const Error& error) {
      prepared.undecodable.push_back({index, error.what()});
      continue;
    }
    context.preparation.normalise(augmented(context.preparation.resize(image), index, context), values);
    values += 3 * side * side;
    *label++ = sample.label;
    batch.samples.push_back(index);
  }
  const auto good = static_cast<std::int64_t>(batch.samples.size());
  if (good < count) {
    batch.images = batch.images.narrow(0, 0, good);
    batch.labels = batch.labels.narrow(0, 0, good);
  }
  return prepared;
}

}  // namespace aviary::data
