#include <cstdint>
#include <set>
#include <string>

#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/data/batches.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BadPictures : public ::testing::Test {
 protected:
  /// Files that are pictures, but for those with these numbers.
  Split files(int count, const std::set<int>& bad) const {
    Split split{"train", {}};
    for (int i = 0; i < count; ++i) {
      const std::string name = fmt::format("{:04}.png", i);
      split.samples.push_back({name, 0, bad.contains(i) ? folder_.write(name, "") : folder_.picture(name, i % 256), {}});
    }
    return split;
  }

  static std::set<int> first(int count) {
    std::set<int> numbers;
    for (int i = 0; i < count; ++i) numbers.insert(i);
    return numbers;
  }

  Folder folder_;
};

TEST_F(BadPictures, AreLeftOutAndTheirPlacesStayEmpty) {
  const Pipeline augment = random_brightness();
  const Split good = files(20, {});
  Loader all(good, small, {.batch_size = 4, .seed = 1});
  all.start(0, Order::shuffled, &augment);
  const auto expected = rest(all);
  const std::size_t lost = expected[2].samples[1];

  const Split split = files(20, {static_cast<int>(lost)});
  Loader loader(split, small, {.batch_size = 4, .workers = 2, .seed = 1});
  loader.start(0, Order::shuffled, &augment);
  const auto batches = rest(loader);
  ASSERT_THAT(batches, SizeIs(5));
  for (const std::size_t i : {0U, 1U, 3U, 4U}) EXPECT_TRUE(at::equal(batches[i].images, expected[i].images)) << i;
  const auto& whole = expected[2];
  const auto& smaller = batches[2];
  EXPECT_THAT(smaller.samples, ElementsAre(whole.samples[0], whole.samples[2], whole.samples[3]));
  EXPECT_EQ(smaller.images.sizes(), (at::IntArrayRef{3, 3, 4, 4}));
  EXPECT_EQ(smaller.labels.sizes(), (at::IntArrayRef{3}));
  EXPECT_TRUE(at::equal(smaller.images[1], whole.images[2]));
  EXPECT_TRUE(smaller.images.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_F(BadPictures, AreNamedOnce) {
  const Split split = files(6, {1, 4});
  Loader loader(split, small, {.batch_size = 2});
  for (const std::int64_t epoch : {0, 1}) {
    loader.start(epoch, Order::shuffled, nullptr);
    EXPECT_THAT(order(rest(loader)), SizeIs(4));
  }
  const auto bad = loader.bad_pictures();
  ASSERT_THAT(bad, SizeIs(2));
  EXPECT_EQ(bad[0].name, "0001.png");
  EXPECT_EQ(bad[0].reason, "the file is empty");
  EXPECT_EQ(bad[1].name, "0004.png");
}

TEST_F(BadPictures, MayLeaveABatchEmpty) {
  const Split split = files(4, {2, 3});
  Loader loader(split, small, {.batch_size = 2});
  loader.start(0, Order::in_order, nullptr);
  EXPECT_EQ(loader.next()->images.size(0), 2);
  const auto empty = loader.next();
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->images.sizes(), (at::IntArrayRef{0, 3, 4, 4}));
  EXPECT_EQ(empty->labels.sizes(), (at::IntArrayRef{0}));
  EXPECT_THAT(empty->samples, IsEmpty());
  EXPECT_FALSE(loader.next());
}

TEST_F(BadPictures, StopTheTrainingWhenAskedTo) {
  const Split split = files(6, {3});
  Loader loader(split, small, {.batch_size = 2, .workers = 2, .on_bad_image = OnBadImage::stop});
  loader.start(0, Order::in_order, nullptr);
  EXPECT_TRUE(loader.next());
  EXPECT_EQ(error_of([&] { loader.next(); }),
            "a picture of the train part cannot be decoded: 0003.png (the file is empty); mend or remove it, or set "
            "data.on_bad_image = "
            "\"skip\"");
  EXPECT_FALSE(loader.next()) << "the epoch has ended";
}

TEST_F(BadPictures, TenAreLeftOutElevenAreTooMany) {
  const Split ten = files(30, first(10));
  Loader patient(ten, small, {.batch_size = 4});
  patient.start(0, Order::in_order, nullptr);
  EXPECT_THAT(order(rest(patient)), SizeIs(20));

  const Split eleven = files(30, first(11));
  for (const int workers : {1, 3}) {
    Loader loader(eleven, small, {.batch_size = 4, .workers = workers});
    loader.start(0, Order::in_order, nullptr);
    EXPECT_TRUE(loader.next());
    EXPECT_TRUE(loader.next());
    EXPECT_EQ(error_of([&] { loader.next(); }),
              "11 of the 30 pictures of the train part cannot be decoded, more than the 10 that may be left out: 0000.png (the "
              "file is "
              "empty), 0001.png (the file is empty), 0002.png (the file is empty) and 8 more; mend or remove them");
  }
}

TEST_F(BadPictures, OnePercentOfALargeSplitIsLeftOut) {
  Split split = in_memory(1200);
  for (std::size_t i = 0; i < 12; ++i) split.samples[i * 100] = {"gone", 0, folder_ / "gone", {}};
  Loader loader(split, small, {.batch_size = 64, .workers = 2});
  loader.start(0, Order::in_order, nullptr);
  EXPECT_THAT(order(rest(loader)), SizeIs(1188));
  split.samples[1] = {"gone too", 0, folder_ / "gone", {}};
  loader.start(1, Order::in_order, nullptr);
  EXPECT_THAT(error_of([&] { loader.next(); }),
              ::testing::StartsWith("13 of the 1200 pictures of the train part cannot be decoded, "
                                    "more than the 12 that may be left out: gone ("));
}

}  // namespace
}  // namespace aviary::data
