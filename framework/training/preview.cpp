#include "training/preview.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "training/experiment.hpp"

namespace aviary::training {

using results::Tile;

namespace {

// What a row of a batch shows: the numbers that the model sees, as 8 bits again.
Image picture_of(const at::Tensor& images, std::int64_t row, const data::Preparation& preparation) {
  const at::Tensor values = images[row].permute({1, 2, 0}).contiguous();
  Image image(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_8UC3);
  const float* value = values.data_ptr<float>();
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const double share = *value++ * preparation.std[channel] + preparation.mean[channel];
        image.ptr(y, x)[channel] = cv::saturate_cast<std::uint8_t>(255 * share);
      }
  return image;
}

}  // namespace

Preview::Preview(const recipe::Recipe& recipe, const data::Dataset& dataset, std::int64_t pictures)
    : recipe_(recipe),
      dataset_(dataset),
      preparation_(data::Preparation::from(recipe.data)),
      pictures_(dataset_.train, preparation_, recipe.data.load_size.value_or(recipe.data.image_size), data::Cache::none),
      normalise_(preparation_) {
  // From all over the training part, so that they are of different classes; without those that cannot be decoded.
  const std::int64_t count = std::min<std::int64_t>(pictures, std::ssize(dataset_.train.samples));
  for (std::int64_t i = 0; i < count; ++i)
    samples_.push_back(static_cast<std::size_t>(i * std::ssize(dataset_.train.samples) / count));
  samples_ = batch(nullptr, 0).samples;
  if (samples_.empty()) throw Error("none of the pictures that were tried can be decoded; try more with --pictures");
}

std::vector<std::vector<Tile>> Preview::rows() const {
  const data::Batch plain = batch(nullptr, 0);
  std::vector<std::vector<Tile>> rows;
  for (std::size_t i = 0; i < samples_.size(); ++i)
    rows.push_back({{picture_of(plain.images, static_cast<std::int64_t>(i), preparation_), name_of(samples_[i])}});
  return rows;
}

void Preview::add_draw(const data::Pipeline* pipeline, std::int64_t epoch, std::vector<std::vector<Tile>>& rows) const {
  const data::Batch changed = batch(pipeline, epoch);
  for (std::size_t i = 0; i < samples_.size(); ++i) rows[i].push_back(tile(pipeline, epoch, i, changed));
}

void Preview::add_first_change(const data::Pipeline& pipeline, std::vector<std::vector<Tile>>& rows) const {
  constexpr std::int64_t most = 1000;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    std::int64_t epoch = 0;
    while (epoch < most && drawn(pipeline, epoch, samples_[i]).empty()) ++epoch;
    rows[i].push_back(tile(&pipeline, epoch, i, batch(&pipeline, epoch)));
  }
}

data::BatchContext Preview::context(const data::Pipeline* pipeline, std::int64_t epoch) const {
  return {pictures_, normalise_,
          pipeline,  static_cast<std::uint64_t>(recipe_.training.seed),
          epoch,     training::outputs(recipe_, dataset_)};
}

data::Batch Preview::batch(const data::Pipeline* pipeline, std::int64_t epoch) const {
  std::vector<data::Drawn> pictures;
  for (const std::size_t sample : samples_) pictures.push_back({sample});
  return data::prepare_batch(context(pipeline, epoch), pictures, std::atomic<bool>(false)).batch;
}

std::vector<std::string> Preview::drawn(const data::Pipeline& pipeline, std::int64_t epoch, std::size_t sample) const {
  const int side = static_cast<int>(recipe_.data.load_size.value_or(recipe_.data.image_size));
  Rng rng = data::augmentation_rng(context(&pipeline, epoch), {sample});
  std::vector<std::string> names;
  pipeline.apply(Image::zeros(side, side, CV_8UC3), rng, &names);
  return names;
}

Tile Preview::tile(const data::Pipeline* pipeline, std::int64_t epoch, std::size_t row, const data::Batch& batch) const {
  const std::vector<std::string> names =
      pipeline == nullptr ? std::vector<std::string>() : drawn(*pipeline, epoch, samples_[row]);
  return {picture_of(batch.images, static_cast<std::int64_t>(row), preparation_),
          names.empty() ? "unchanged" : fmt::format("{}", fmt::join(names, ", "))};
}

std::string Preview::name_of(std::size_t sample) const {
  return std::filesystem::path(dataset_.train.samples[sample].name).filename().string();
}

std::vector<std::vector<Tile>> sample_rows(const Experiment& experiment, std::int64_t epoch) {
  constexpr std::int64_t pictures = 4;
  constexpr std::int64_t draws = 5;
  const Preview preview(experiment.recipe(), experiment.dataset, pictures);
  std::vector<std::vector<Tile>> rows = preview.rows();
  const std::int64_t first = std::max(epoch, experiment.curriculum.first_augmented());
  for (std::int64_t shown = first; shown < first + draws; ++shown)
    preview.add_draw(experiment.curriculum.augmentation(shown), shown, rows);
  return rows;
}

}  // namespace aviary::training
