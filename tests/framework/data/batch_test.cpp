#include "data/batch.hpp"

#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "framework/data/augmentations.hpp"

namespace aviary::data {
namespace {

// Four pictures of 4 pixels, each of its own shade and class.
const Split four_shades = [] {
  Split four{"train", {}};
  for (int i = 0; i < 4; ++i)
    four.samples.push_back({fmt::format("train/{}", i), i, {}, cv::Mat(4, 4, CV_8UC1, cv::Scalar(51 * i))});
  return four;
}();

Batch batch_of(const Mix& mix) {
  const Preparation plain{4, "area", {}, {1, 1, 1}};
  const Pipeline augmentation = pipeline({[&](cv::Size, Rng&) { return mix; }});
  const Pictures pictures(four_shades, plain, 4, Cache::none);
  std::vector<Drawn> all;
  for (std::size_t i = 0; i < four_shades.samples.size(); ++i) all.push_back({i});
  const std::atomic<bool> dropped = false;
  return prepare_batch({pictures, Normaliser(plain), &augmentation, 1, 0, 5}, all, dropped).batch;
}

// The other class of a row whose target has two.
std::int64_t partner(const Batch& batch, std::int64_t row) {
  for (std::int64_t c = 0; c < 5; ++c)
    if (c != row && batch.targets[row][c].item<float>() > 0) return c;
  return -1;
}

TEST(MixedBatch, BlendsPicturesAndTargetsByTheSameShare) {
  const Batch batch = batch_of({.share = 0.75, .box = {}});
  for (std::int64_t row = 0; row < 4; ++row) {
    const std::int64_t other = partner(batch, row);
    ASSERT_GE(other, 0) << row;
    EXPECT_NEAR(batch.targets[row][row].item<float>(), 0.75, 1e-6);
    EXPECT_NEAR(batch.targets[row][other].item<float>(), 0.25, 1e-6);
    const double shade = (0.75 * static_cast<double>(row) + 0.25 * static_cast<double>(other)) * 51 / 255;
    EXPECT_NEAR(batch.images[row].min().item<float>(), shade, 1e-6);
    EXPECT_NEAR(batch.images[row].max().item<float>(), shade, 1e-6);
    EXPECT_EQ(batch.labels[row].item<std::int64_t>(), row);
  }
}

TEST(MixedBatch, PastesABoxAndSharesTheTargetByArea) {
  const Batch batch = batch_of({.share = 1, .box = {1, 0, 3, 4}});
  for (std::int64_t row = 0; row < 4; ++row) {
    const std::int64_t other = partner(batch, row);
    EXPECT_NEAR(batch.targets[row][other].item<float>(), 0.75, 1e-6);
    EXPECT_NEAR(batch.images[row][0][2][0].item<float>(), static_cast<float>(row) / 5, 1e-6);
    EXPECT_NEAR(batch.images[row][2][3][1].item<float>(), static_cast<float>(other) / 5, 1e-6);
    EXPECT_EQ(batch.labels[row].item<std::int64_t>(), other) << "accuracy counts the larger part";
  }
}

TEST(MixedBatch, AShareOfOneOrAnEmptyBoxLeavesThePicture) {
  const Batch batch = batch_of({.share = 1, .box = {}});
  for (std::int64_t row = 0; row < 4; ++row) EXPECT_EQ(batch.targets[row][row].item<float>(), 1);
}

}  // namespace
}  // namespace aviary::data
