#include "data/batch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/one_hot.h>

#include <aviary/error.hpp>

#include "data/purpose.hpp"
#include "data/raw_pictures.hpp"

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
  return context.raw ? context.pipeline->draft(image, rng) : context.pipeline->apply(image, rng);
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

std::vector<Mixture> mixtures_of(const std::vector<MixedRow>& rows, const BatchContext& context) {
  std::vector<Mixture> mixtures;
  const std::int64_t count = std::ssize(rows);
  if (count < 2) return mixtures;
  const auto side = static_cast<double>(context.pictures.preparation().image_size);
  for (std::int64_t row = 0; row < count; ++row) {
    const auto& [drawn, mix] = rows[static_cast<std::size_t>(row)];
    if (!mix) continue;
    const double share = mix->box.empty() ? mix->share : 1 - static_cast<double>(mix->box.area()) / (side * side);
    mixtures.push_back({row, partner_of(row, count, rng_of(drawn, Purpose::partner, context)), share, mix->box});
  }
  return mixtures;
}

// With the pictures as they were before.
void mix_images(at::Tensor& images, const std::vector<Mixture>& mixtures) {
  if (mixtures.empty()) return;
  const at::Tensor before = images.clone();
  for (const auto& [row, other, share, box] : mixtures) {
    if (box.empty()) {
      images[row].lerp_(before[other], 1 - share);
      continue;
    }
    const auto cut = [&, &box = box](const at::Tensor& picture) {
      return picture.narrow(1, box.y, box.height).narrow(2, box.x, box.width);
    };
    cut(images[row]).copy_(cut(before[other]));
  }
}

void mix_targets(Batch& batch, std::int64_t outputs) {
  if (batch.mixtures.empty()) return;
  const at::Tensor classes = batch.labels.clone();
  batch.targets = at::one_hot(classes, outputs).to(at::kFloat);
  for (const auto& [row, other, share, box] : batch.mixtures) {
    batch.targets[row].lerp_(batch.targets.new_zeros({outputs}).index_fill_(0, classes[other], 1), 1 - share);
    if (share < 0.5) batch.labels[row].copy_(classes[other]);
  }
}

}  // namespace

std::vector<at::Tensor*> Batch::tensors() {
  std::vector<at::Tensor*> defined;
  for (at::Tensor* const tensor : {&images, &labels, &targets})
    if (tensor->defined()) defined.push_back(tensor);
  return defined;
}

Rng augmentation_rng(const BatchContext& context, const Drawn& drawn) { return rng_of(drawn, Purpose::augmentation, context); }

PreparedBatch prepare_batch(const BatchContext& context, std::span<const Drawn> pictures, const std::atomic<bool>& dropped) {
  const Preparation& preparation = context.pictures.preparation();
  const auto count = static_cast<std::int64_t>(pictures.size());
  const std::int64_t side = preparation.image_size;
  PreparedBatch prepared;
  Batch& batch = prepared.batch;
  float* values = nullptr;
  if (context.raw) {
    batch.raw.side = static_cast<std::int32_t>(side);
    batch.raw.pixels.reserve(static_cast<std::size_t>(3 * count * side * side));
  } else {
    batch.images = at::empty({count, 3, side, side}, at::kFloat, at::MemoryFormat::ChannelsLast);
    values = batch.images.data_ptr<float>();
  }
  batch.labels = at::empty({count}, at::kLong);
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
    const bool resized = picture.rest.warp.has_value();  // by the device
    const Image sized = resized ? picture.image : preparation.resize(picture.image, side);
    if (context.raw) {
      append(batch.raw, sized, picture.rest);
    } else {
      context.normalise(sized, values);
      values += 3 * side * side;
    }
    mixes.push_back({drawn, picture.mix});
    *label++ = context.pictures.split().samples[drawn.sample].label;
    batch.samples.push_back(drawn.sample);
  }
  const auto good = static_cast<std::int64_t>(batch.samples.size());
  if (good < count) {
    if (!context.raw) batch.images = batch.images.narrow(0, 0, good);
    batch.labels = batch.labels.narrow(0, 0, good);
  }
  batch.mixtures = mixtures_of(mixes, context);
  mix_targets(batch, context.outputs);
  if (!context.raw) mix_images(batch.images, std::exchange(batch.mixtures, {}));
  return prepared;
}

void finish(Batch& batch, const Finisher& with) {
  const std::int64_t side = batch.raw.side;
  const auto options = at::TensorOptions(with.device).dtype(with.type);
  batch.images = at::empty({batch.labels.size(0), 3, side, side}, options, at::MemoryFormat::ChannelsLast);
  if (!batch.raw.pictures.empty()) with.augmenter->run(std::exchange(batch.raw, {}), batch.images);
  mix_images(batch.images, std::exchange(batch.mixtures, {}));
}

}  // namespace aviary::data
