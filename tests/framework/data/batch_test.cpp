#include "data/batch.hpp"

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "data/loader.hpp"
#include "framework/data/augmentations.hpp"
#include "framework/data/batches.hpp"
#include "framework/data/host_augmenter.hpp"

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

// Twelve pictures of noise, another one that is missing, and the loaders of the CPU and of a device.
struct RawBatches : testing::Test {
  RawBatches() {
    for (int i = 0; i < 12; ++i) {
      cv::Mat noise(20, 20, CV_8UC3);
      cv::RNG(static_cast<std::uint64_t>(i + 1)).fill(noise, cv::RNG::UNIFORM, 0, 256);
      split.samples.push_back({fmt::format("train/{}", i), i % 5, {}, noise});
    }
    split.samples.push_back({"missing", 0, "missing.png", {}});
  }

  std::vector<Batch> batches(const Pipeline* augmentation, bool on_device) const {
    LoaderOptions options{.batch_size = 4, .workers = 2, .seed = 3, .outputs = 5, .load_size = 20};
    if (on_device) options.finisher.augmenter = augmenter;
    Loader loader(split, preparation, options);
    loader.start(0, Order::shuffled, augmentation);
    return rest(loader);
  }

  void expect_alike(const Pipeline* augmentation) const {
    const std::vector<Batch> on_cpu = batches(augmentation, false);
    const std::vector<Batch> on_device = batches(augmentation, true);
    ASSERT_EQ(on_device.size(), on_cpu.size());
    for (std::size_t i = 0; i < on_cpu.size(); ++i) {
      EXPECT_TRUE(at::equal(on_device[i].images, on_cpu[i].images)) << i;
      EXPECT_EQ(on_device[i].images.strides(), on_cpu[i].images.strides());
      EXPECT_TRUE(at::equal(on_device[i].labels, on_cpu[i].labels)) << i;
      EXPECT_EQ(on_device[i].samples, on_cpu[i].samples);
      ASSERT_EQ(on_device[i].targets.defined(), on_cpu[i].targets.defined());
      if (!on_cpu[i].targets.defined()) continue;
      EXPECT_TRUE(at::equal(on_device[i].targets, on_cpu[i].targets)) << i;
    }
  }

  Split split{"train", {}};
  const Preparation preparation{16, "area", {0.4, 0.5, 0.6}, {0.2, 0.25, 0.3}};
  const std::shared_ptr<HostAugmenter> augmenter =
      std::make_shared<HostAugmenter>(DeviceAugmenterContext{preparation.mean, preparation.std});
};

TEST_F(RawBatches, BecomeTheBatchesOfTheCpu) {
  const Pipeline cropped = pipeline({[](cv::Size, Rng& rng) {
    return crop({static_cast<int>(rng.integer(0, 4)), static_cast<int>(rng.integer(0, 4)), 16, 16});
  }});
  expect_alike(&cropped);
  EXPECT_EQ(augmenter->runs, 4);
  expect_alike(nullptr);
  EXPECT_EQ(augmenter->runs, 8) << "where nothing augments, the device normalises";
}

TEST_F(RawBatches, MixPicturesAfterTheDevice) {
  const Pipeline mixed = pipeline({[](cv::Size, Rng& rng) -> Action {
                                     if (rng.chance(0.3)) return {};
                                     if (rng.chance(0.5)) return Mix{.share = rng.uniform(), .box = {}};
                                     return Mix{.share = 1, .box = {2, 3, static_cast<int>(rng.integer(1, 12)), 9}};
                                   },
                                   [](cv::Size size, Rng&) { return flip(size); }});
  expect_alike(&mixed);
}

}  // namespace
}  // namespace aviary::data
