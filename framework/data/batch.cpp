#include "data/batch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/one_hot.h>

#include <aviary/error.hpp>

#include "data/purpose.hpp"

namespace aviary::data {
namespace {

Rng rng_of(const Drawn& drawn, std::uint64_t purpose, const BatchContext& context) {
  const auto epoch = static_cast<std::uint64_t>(context.epoch);
  if (drawn.repeat == 0) return {context.seed, {purpose, epoch, drawn.sample}};
  return {context.seed, {purpose, epoch, drawn.sample, drawn.repeat}};
}

Augmented augmented(const Image& image, const Drawn& drawn, const BatchContext& context) {
  if (context.pipeline == nullptr) return {image, {}};
  Rng rng = augmentation_rng(context, drawn);
  return context.pipeline->apply(image, rng);
}

// The other picture of a mixture: any but the row itself.
std::int64_t partner_of(std::int64_t row, std::int64_t rows, Rng rng) {
  const std::int64_t other = rng.integer(0, rows - 2);
  return other < row ? other : other + 1;
}

struct MixedRow {
  Drawn drawn;
  std::optional<Mix> mix;
};

// Carries out what was drawn for each row, with the pictures as they were before.
void mix(Batch& batch, const std::vector<MixedRow>& mixes, const BatchContext& context) {
  const std::int64_t rows = batch.labels.size(0);
  if (rows < 2 || std::ranges::none_of(mixes, [](const MixedRow& each) { return each.mix.has_value(); })) return;
  const at::Tensor before = batch.images.clone();
  const at::Tensor classes = batch.labels.clone();
  batch.targets = at::one_hot(classes, context.outputs).to(at::kFloat);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto& [drawn, mix] = mixes[static_cast<std::size_t>(row)];
    if (!mix) continue;
    const std::int64_t other = partner_of(row, rows, rng_of(drawn, Purpose::partner, context));
    double share = mix->share;
    if (mix->box.empty()) {
      batch.images[row].lerp_(before[other], 1 - share);
    } else {
      const cv::Rect& box = mix->box;
      const auto cut = [&](const at::Tensor& picture) {
        return picture.narrow(1, box.y, box.height).narrow(2, box.x, box.width);
      };
      cut(batch.images[row]).copy_(cut(before[other]));
      share = 1 - static_cast<double>(box.area()) / static_cast<double>(before.size(2) * before.size(3));
    }
    batch.targets[row].lerp_(batch.targets.new_zeros({context.outputs}).index_fill_(0, classes[other], 1), 1 - share);
    if (share < 0.5) batch.labels[row].copy_(classes[other]);
  }
}

}  // namespace

Rng augmentation_rng(const BatchContext& context, const Drawn& drawn) { return rng_of(drawn, Purpose::augmentation, context); }

PreparedBatch prepare_batch(const BatchContext& context, std::span<const Drawn> pictures, const std::atomic<bool>& dropped) {
  const Preparation& preparation = context.pictures.preparation();
  const auto count = static_cast<std::int64_t>(pictures.size());
  const std::int64_t side = preparation.image_size;
  PreparedBatch prepared;
  Batch& batch = prepared.batch;
  batch.images = at::empty({count, 3, side, side}, at::kFloat, at::MemoryFormat::ChannelsLast);
  batch.labels = at::empty({count}, at::kLong);
  float* values = batch.images.data_ptr<float>();
  std::int64_t* label = batch.labels.data_ptr<std::int64_t>();

  std::vector<MixedRow> mixes;
  for (const Drawn& drawn : pictures) {
    if (dropped.load(std::memory_order_relaxed)) return prepared;
    Image image;
    try {
      image = context.pictures.load(drawn.sample);
    } catch (const Error& error) {
      prepared.undecodable.push_back({drawn.sample, error.what()});
      continue;
    }
    const Augmented picture = augmented(image, drawn, context);
    context.normalise(preparation.resize(picture.image, side), values);
    mixes.push_back({drawn, picture.mix});
    values += 3 * side * side;
    *label++ = context.pictures.split().samples[drawn.sample].label;
    batch.samples.push_back(drawn.sample);
  }
  const auto good = static_cast<std::int64_t>(batch.samples.size());
  if (good < count) {
    batch.images = batch.images.narrow(0, 0, good);
    batch.labels = batch.labels.narrow(0, 0, good);
  }
  mix(batch, mixes, context);
  return prepared;
}

}  // namespace aviary::data
