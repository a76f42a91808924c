#include "inspection/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/inspection/scenes.hpp"

namespace aviary::inspection {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Summarise, CountsClassesAndNamesTheSmallestAndTheLargest) {
  const data::Folder folder;
  for (const char* const name : {"a/1", "a/2", "a/3", "b/1", "c/1", "c/2", "d/1", "d/2", "d/3"})
    folder.picture(std::string("train/") + name + ".png");
  folder.picture("test/c/1.png");
  folder.write("test/c/2.png", "no picture");
  const Inspected inspected(folder);
  const Summary summary = summarise(inspected.dataset, inspected.survey);
  ASSERT_THAT(summary.splits, SizeIs(2));
  const SplitSummary& train = summary.splits[0];
  EXPECT_EQ(train.name, "train");
  EXPECT_EQ(train.pictures, 9);
  EXPECT_EQ(train.classes, 4);
  EXPECT_EQ(train.median, 2.5);
  EXPECT_EQ(train.smallest.name, "b");
  EXPECT_EQ(train.smallest.pictures, 1);
  EXPECT_EQ(train.largest.name, "a");
  EXPECT_EQ(train.largest.pictures, 3);
  EXPECT_EQ(summary.splits[1].name, "test");
  EXPECT_EQ(summary.splits[1].classes, 1);
  EXPECT_EQ(summary.splits[1].median, 2);
  EXPECT_THAT(summary.counts[2], ElementsAre(2, 0, 2));
}

TEST(Summarise, NamesClassesThatOneSplitAloneHas) {
  const data::Folder folder;
  for (const char* const name : {"train/a", "train/b", "train/ONE  TWO", "valid/a", "valid/ONE TWO", "test/a", "test/new"})
    folder.picture(std::string(name) + "/1.png");
  const Inspected inspected(folder);
  const Summary summary = summarise(inspected.dataset, inspected.survey);
  ASSERT_THAT(summary.in_one_split, SizeIs(2)) << "spaces make no other class";
  EXPECT_EQ(summary.in_one_split[0].name, "b");
  EXPECT_EQ(summary.in_one_split[0].split, "train");
  EXPECT_EQ(summary.in_one_split[1].name, "new");
  EXPECT_EQ(summary.in_one_split[1].split, "test");
}

TEST(Summarise, MissesNoClassWhereThereIsOneSplit) {
  const data::Folder folder;
  folder.picture("train/a/1.png");
  folder.picture("train/b/1.png");
  const Inspected inspected(folder);
  EXPECT_THAT(summarise(inspected.dataset, inspected.survey).in_one_split, IsEmpty());
}

TEST(Summarise, CountsSizesTheMostFrequentFirst) {
  const data::Folder folder;
  folder.write("train/a/1.png", cv::Mat(2, 9, CV_8UC3));
  folder.write("train/a/2.png", cv::Mat(3, 5, CV_8UC3));
  folder.write("train/b/1.png", cv::Mat(3, 5, CV_8UC3));
  folder.write("train/b/2.png", "no picture");
  const Inspected inspected(folder);
  const Summary summary = summarise(inspected.dataset, inspected.survey);
  ASSERT_THAT(summary.sizes, SizeIs(2));
  EXPECT_EQ(summary.sizes[0].size, cv::Size(5, 3));
  EXPECT_EQ(summary.sizes[0].pictures, 2);
  EXPECT_EQ(summary.sizes[1].size, cv::Size(9, 2));
}

}  // namespace
}  // namespace aviary::inspection
