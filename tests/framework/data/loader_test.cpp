#include "data/loader.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "framework/data/batches.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Loader, GivesPicturesInOrderInChannelsLastMemory) {
  const Split split = in_memory(5);
  Loader loader(split, small, {.batch_size = 2});
  EXPECT_EQ(loader.batches(), 3);
  loader.start(0, Order::in_order, nullptr);
  const auto batches = rest(loader);
  ASSERT_THAT(batches, SizeIs(3));
  EXPECT_THAT(order(batches), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(batches[1].number, 1);
  const at::Tensor& images = batches[1].images;
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  EXPECT_EQ(images.strides(), (at::IntArrayRef{48, 1, 12, 3}));
  EXPECT_EQ(images.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(images[1][2][3][3].item<float>(), 3 / 255.F);
  EXPECT_EQ(batches[1].labels.scalar_type(), at::kLong);
  EXPECT_EQ(batches[1].labels[0].item<std::int64_t>(), 2);
  EXPECT_EQ(batches[1].labels[1].item<std::int64_t>(), 0);
  EXPECT_EQ(batches[2].images.size(0), 1);
}

TEST(Loader, PutsChannelsInRgbOrder) {
  const Folder folder;
  const Split split{"train", {{"1.png", 0, folder.write("1.png", cv::Mat(4, 4, CV_8UC3, cv::Scalar(0, 51, 255))), {}}}};
  Loader loader(split, small, {});
  loader.start(0, Order::in_order, nullptr);
  const at::Tensor images = loader.next()->images;
  EXPECT_FLOAT_EQ(images[0][0][1][2].item<float>(), 1);
  EXPECT_FLOAT_EQ(images[0][1][1][2].item<float>(), 0.2F);
  EXPECT_FLOAT_EQ(images[0][2][1][2].item<float>(), 0);
}

TEST(Loader, OrderAndDrawsDoNotDependOnTheNumberOfWorkers) {
  const Split split = in_memory(103);
  const Pipeline augment = random_brightness();
  std::vector<Batch> expected;
  for (const int workers : {1, 2, 5}) {
    Loader loader(split, small, {.batch_size = 8, .workers = workers, .seed = 3});
    loader.start(2, Order::shuffled, &augment);
    const auto batches = rest(loader);
    ASSERT_THAT(batches, SizeIs(13));
    if (workers == 1) expected = batches;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      EXPECT_EQ(batches[i].samples, expected[i].samples);
      EXPECT_TRUE(at::equal(batches[i].images, expected[i].images)) << workers << " workers, batch " << i;
      EXPECT_TRUE(at::equal(batches[i].labels, expected[i].labels));
    }
  }
}

TEST(Loader, ShufflesEveryPictureOnceAndAnewInEachEpochAndSeed) {
  const Split split = in_memory(50);
  const auto shuffled = [&](std::uint64_t seed, std::int64_t epoch) {
    Loader loader(split, small, {.batch_size = 8, .seed = seed});
    loader.start(epoch, Order::shuffled, nullptr);
    return order(rest(loader));
  };
  const auto first = shuffled(1, 0);
  EXPECT_THAT(std::set(first.begin(), first.end()), SizeIs(50));
  EXPECT_THAT(first, SizeIs(50));
  EXPECT_EQ(first, shuffled(1, 0));
  EXPECT_NE(first, shuffled(1, 1));
  EXPECT_NE(first, shuffled(2, 0));
}

TEST(Loader, DrawsAnewForEachPictureAndEpoch) {
  const Split split{"train", std::vector<Sample>(40, in_memory(1).samples[0])};
  const Pipeline augment = random_brightness();
  Loader loader(split, small, {.batch_size = 40});
  const auto shades = [&](std::int64_t epoch) {
    loader.start(epoch, Order::in_order, &augment);
    const Batch batch = *loader.next();
    std::vector<float> result;
    for (std::int64_t i = 0; i < 40; ++i) result.push_back(batch.images[i][0][0][0].item<float>());
    return result;
  };
  const auto first = shades(0);
  EXPECT_GT(std::set(first.begin(), first.end()).size(), 20U);
  EXPECT_NE(first, shades(1));
  EXPECT_EQ(first, shades(0));
}

TEST(Loader, GoesOnInTheMiddleOfAnEpoch) {
  const Split split = in_memory(20);
  const Pipeline augment = random_brightness();
  Loader loader(split, small, {.batch_size = 3, .workers = 2});
  loader.start(1, Order::shuffled, &augment);
  const auto whole = rest(loader);
  loader.start(1, Order::shuffled, &augment, 4);
  const auto part = rest(loader);
  ASSERT_THAT(part, SizeIs(3));
  for (std::size_t i = 0; i < part.size(); ++i) {
    EXPECT_EQ(part[i].number, static_cast<std::int64_t>(i) + 4);
    EXPECT_TRUE(at::equal(part[i].images, whole[i + 4].images));
  }
  loader.start(1, Order::shuffled, &augment, 7);
  EXPECT_FALSE(loader.next());
}

TEST(Loader, BalancedEpochsGoOnInTheMiddleAndDrawAnewForRepeats) {
  Split split = in_memory(12);
  for (std::size_t i = 0; i < 12; ++i) split.samples[i].label = i < 11 ? 0 : 1;
  const Pipeline augment = random_brightness();
  Loader loader(split, small, {.batch_size = 5, .workers = 2});
  loader.start(1, Order::shuffled, &augment, 0, {.balanced = true});
  const auto whole = rest(loader);
  std::set<float> shades;
  for (const Batch& batch : whole)
    for (std::int64_t row = 0; row < batch.labels.size(0); ++row)
      if (batch.samples[static_cast<std::size_t>(row)] == 11) shades.insert(batch.images[row][0][0][0].item<float>());
  EXPECT_GE(shades.size(), 4U) << "of 6 times the one picture of the second class";
  loader.start(1, Order::shuffled, &augment, 1, {.balanced = true});
  const auto part = rest(loader);
  ASSERT_THAT(part, SizeIs(2));
  EXPECT_TRUE(at::equal(part[0].images, whole[1].images));
  EXPECT_TRUE(at::equal(part[1].images, whole[2].images));
}

TEST(Loader, AnEpochMayBeAFractionOfThePictures) {
  const Split split = in_memory(50);
  Loader loader(split, small, {.batch_size = 8});
  EXPECT_EQ(loader.batches(), 7);
  std::set<std::size_t> seen;
  for (const std::int64_t epoch : {0, 1}) {
    loader.start(epoch, Order::shuffled, nullptr, 0, {.epoch_fraction = 0.5});
    EXPECT_EQ(loader.batches(), 4);
    const auto samples = order(rest(loader));
    EXPECT_THAT(samples, SizeIs(25));
    seen.insert(samples.begin(), samples.end());
  }
  EXPECT_THAT(seen, SizeIs(50));
}

TEST(Loader, AugmentsAtTheLoadSize) {
  const Split split = in_memory(2);
  const Pipeline augment = pipeline({[](cv::Size size, Rng&) {
    EXPECT_EQ(size, cv::Size(9, 9));
    return crop({0, 0, 5, 5});
  }});
  Loader loader(split, small, {.load_size = 9});
  for (const Pipeline* pipeline : {&augment, static_cast<const Pipeline*>(nullptr)}) {
    loader.start(0, Order::in_order, pipeline);
    EXPECT_EQ(loader.next()->images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  }
}

TEST(Loader, ResizesWhatAugmentationsLeaveInAnotherSize) {
  const Split split = in_memory(2);
  const Pipeline augment = pipeline({[](cv::Size, Rng&) { return crop({1, 1, 2, 2}); }});
  Loader loader(split, small, {});
  loader.start(0, Order::in_order, &augment);
  EXPECT_EQ(loader.next()->images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
}

TEST(Loader, NeverChangesTheSharedPixels) {
  const Split split = in_memory(4);
  const Pipeline augment = pipeline({[](cv::Size, Rng&) {
    return Pixels([](const Image& image) { return Image(image.size(), image.type(), cv::Scalar::all(255)); });
  }});
  Loader loader(split, small, {});
  loader.start(0, Order::in_order, &augment);
  rest(loader);
  EXPECT_EQ(split.samples[3].pixels.at<std::uint8_t>(0, 0), 3);
}

TEST(Loader, RefusesToAugmentValidationPictures) {
  const Split split = in_memory(4, "validation");
  const Pipeline augment = random_brightness();
  Loader loader(split, small, {});
  EXPECT_EQ(error_of([&] { loader.start(0, Order::in_order, &augment); }),
            "pictures of the validation part would be augmented; only those of train may be");
}

TEST(Loader, GivesNothingBeforeTheStartAndForEmptySplits) {
  const Split split{"test", {}};
  Loader loader(split, small, {});
  EXPECT_FALSE(loader.next());
  loader.start(0, Order::in_order, nullptr);
  EXPECT_FALSE(loader.next());
}

TEST(Loader, TurnsOpenCvsOwnThreadsOff) {
  const Split split = in_memory(1);
  const Loader loader(split, small, {});
  EXPECT_EQ(cv::getNumThreads(), 1);
}

TEST(LoaderFailures, ComeOutAtTheirBatch) {
  const Split split = in_memory(12);
  const Pipeline failing = pipeline({[](cv::Size, Rng&) {
    return Pixels([](const Image& image) {
      if (image.at<cv::Vec3b>(0, 0)[0] == 7) throw std::runtime_error("seven");
      return image;
    });
  }});
  Loader loader(split, small, {.batch_size = 2, .workers = 3});
  loader.start(0, Order::in_order, &failing);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(loader.next());
  EXPECT_THROW(loader.next(), std::runtime_error);
  EXPECT_FALSE(loader.next());
  loader.start(0, Order::in_order, nullptr);
  EXPECT_THAT(rest(loader), SizeIs(6)) << "goes on after a failure";
}

using namespace std::chrono_literals;

TEST(LoaderPrefetch, StaysAFewBatchesAhead) {
  const Split split = in_memory(400);
  std::atomic<int> drawn = 0;
  const Pipeline counting = pipeline({[&](cv::Size, Rng&) -> Action {
    ++drawn;
    return {};
  }});
  Loader loader(split, small, {.batch_size = 4, .workers = 2});
  loader.start(0, Order::in_order, &counting);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (drawn < 16 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(drawn, 16) << "2 workers + 2 batches of 4";
}

// 200 pictures of 20 ms each: what is dropped must not be waited for.
TEST(LoaderPrefetch, EndsPromptlyWhenDropped) {
  const Split split = in_memory(200);
  std::atomic<int> drawn = 0;
  const Pipeline slow = pipeline({[&](cv::Size, Rng&) -> Action {
    ++drawn;
    std::this_thread::sleep_for(20ms);
    return {};
  }});
  {
    Loader loader(split, small, {.batch_size = 100, .workers = 2});
    loader.start(0, Order::in_order, &slow);
    while (drawn == 0) std::this_thread::yield();
    loader.start(1, Order::in_order, nullptr);
    EXPECT_LT(drawn, 20) << "a dropped epoch";
    EXPECT_EQ(loader.next()->images.size(0), 100) << "of the new epoch";
    loader.start(2, Order::in_order, &slow);
  }
  EXPECT_LT(drawn, 40) << "a dropped loader";
}

TEST(LoaderPrefetch, SurvivesManyRestarts) {
  const Split split = in_memory(64);
  const Pipeline augment = random_brightness();
  Loader loader(split, small, {.batch_size = 4, .workers = 3});
  for (std::int64_t epoch = 0; epoch < 100; ++epoch) {
    loader.start(epoch, Order::shuffled, &augment);
    for (std::int64_t i = 0; i < epoch % 5; ++i) ASSERT_EQ(loader.next()->number, i);
  }
}

TEST(RealPictures, AreAllDecodedGrayOnesIncluded) {
  const std::string path = AVIARY_SOURCE_DIR "/../shared/data/instruments30";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the photographs are not on this machine: " << path;
  const Dataset dataset = open_dataset(settings("image_folder", path), 0);
  Loader loader(dataset.validation, small, {.workers = 2});
  loader.start(0, Order::in_order, nullptr);
  EXPECT_THAT(order(rest(loader)), SizeIs(150));
  EXPECT_THAT(loader.bad_pictures(), IsEmpty());
}

}  // namespace
}  // namespace aviary::data
