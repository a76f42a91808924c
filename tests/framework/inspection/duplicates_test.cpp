#include "inspection/duplicates.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/inspection/scenes.hpp"

namespace aviary::inspection {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::vector<std::string> names(const EqualPictures& group) {
  std::vector<std::string> all;
  for (const Picture* const picture : group.pictures) all.push_back(picture->sample->name);
  return all;
}

std::vector<std::string> pairs(const Duplicates& duplicates) {
  std::vector<std::string> all;
  for (const NearDuplicate& near : duplicates.near)
    all.push_back(near.picture->sample->name + (near.likeness.mirrored ? " mirrored " : " ") + near.other->sample->name);
  return all;
}

/// Two classes of ten pictures that have nothing to do with each other.
void write_scenes(const data::Folder& folder) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    folder.write("train/a/" + std::to_string(i) + ".png", scene(i));
    folder.write("train/b/" + std::to_string(i) + ".png", scene(100 + i));
  }
}

TEST(FindDuplicates, FindsNoneAmongDifferentPictures) {
  const data::Folder folder;
  write_scenes(folder);
  for (std::uint64_t i = 0; i < 500; ++i) folder.write("test/a/" + std::to_string(i) + ".png", scene(1000 + i));
  const Inspected inspected(folder);
  EXPECT_THAT(inspected.duplicates.exact, IsEmpty());
  EXPECT_THAT(inspected.duplicates.near, IsEmpty());
}

TEST(FindDuplicates, FindsEqualPixelsWhateverTheFile) {
  const data::Folder folder;
  write_scenes(folder);
  folder.write("test/a/copy.bmp", scene(3));
  folder.write("train/a/again.ppm", scene(3));
  const Inspected inspected(folder);
  ASSERT_THAT(inspected.duplicates.exact, SizeIs(1));
  const EqualPictures& group = inspected.duplicates.exact.front();
  EXPECT_THAT(names(group), ElementsAre("train/a/3.png", "train/a/again.ppm", "test/a/copy.bmp"));
  EXPECT_TRUE(group.in_different_splits());
  EXPECT_FALSE(group.of_different_classes());
  EXPECT_THAT(inspected.duplicates.near, IsEmpty()) << "it is exact";
}

TEST(FindDuplicates, SeesOnePictureUnderTwoClasses) {
  const data::Folder folder;
  write_scenes(folder);
  folder.write("train/b/copy.png", scene(3));
  const Inspected inspected(folder);
  ASSERT_THAT(inspected.duplicates.exact, SizeIs(1));
  EXPECT_FALSE(inspected.duplicates.exact.front().in_different_splits());
  EXPECT_TRUE(inspected.duplicates.exact.front().of_different_classes());
}

TEST(FindDuplicates, TellsPicturesOfOneColorApartByTheirSize) {
  const data::Folder folder;
  write_scenes(folder);
  folder.write("train/a/black.png", cv::Mat(20, 40, CV_8UC3, cv::Scalar::all(0)));
  folder.write("test/a/black.png", cv::Mat(40, 20, CV_8UC3, cv::Scalar::all(0)));
  folder.write("test/b/gray.png", cv::Mat(40, 20, CV_8UC3, cv::Scalar::all(9)));
  const Inspected inspected(folder);
  EXPECT_THAT(inspected.duplicates.exact, IsEmpty());
  EXPECT_THAT(inspected.duplicates.near, IsEmpty());
}

struct Change {
  std::string name;
  cv::Mat picture;
  bool mirrored = false;
};

std::vector<Change> changes(const cv::Mat& picture) {
  cv::Mat small;
  cv::Mat pale;
  cv::resize(picture, small, {}, 0.4, 0.4, cv::INTER_AREA);
  picture.convertTo(pale, -1, 0.7, 40);
  return {{"compressed.jpg", picture}, {"small.png", small}, {"pale.png", pale}, {"mirrored.jpg", mirrored(picture), true}};
}

TEST(FindDuplicates, FindsAPictureThatWasCompressedResizedPaledOrMirrored) {
  for (const Change& change : changes(scene(3))) {
    const data::Folder folder;
    write_scenes(folder);
    folder.write("valid/b/" + change.name, change.picture);
    const Inspected inspected(folder);
    ASSERT_THAT(inspected.duplicates.near, SizeIs(1)) << change.name;
    const NearDuplicate& near = inspected.duplicates.near.front();
    EXPECT_EQ(near.picture->sample->name, "valid/b/" + change.name);
    EXPECT_EQ(near.other->sample->name, "train/a/3.png");
    EXPECT_EQ(near.likeness.mirrored, change.mirrored) << change.name;
    EXPECT_TRUE(near.of_different_classes());
  }
}

TEST(FindDuplicates, NamesTheOneThatIsMostAlikeInEachEarlierSplit) {
  const data::Folder folder;
  write_scenes(folder);
  folder.write("train/a/poor.jpg", cv::Mat(scene(3) * 0.5));
  folder.write("valid/a/v.bmp", cv::Mat(scene(3) + cv::Scalar(1, 0, 0)));
  folder.write("test/a/t.bmp", cv::Mat(scene(3) + cv::Scalar(0, 1, 0)));
  const Inspected inspected(folder);
  EXPECT_THAT(pairs(inspected.duplicates),
              UnorderedElementsAre("valid/a/v.bmp train/a/3.png", "test/a/t.bmp train/a/3.png", "test/a/t.bmp valid/a/v.bmp"));
}

// Somebody has looked at these pairs: shops show the same picture again, smaller, mirrored, or with a label on it. Two trumpets
// or violins of the same make, of which this folder has many, are other pictures.
TEST(RealPictures, AreNearDuplicatesWhereTheyShowTheSamePhotograph) {
  const std::string path = AVIARY_SOURCE_DIR "/../shared/data/instruments30";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the photographs are not on this machine: " << path;
  data::Dataset dataset = data::open_dataset(data::settings("image_folder", path), 0);
  const std::set<std::string> shown = {"banjo", "clarinet", "saxaphone", "violin"};
  std::erase_if(dataset.train.samples, [&](const data::Sample& sample) {
    return !shown.contains(dataset.classes[static_cast<std::size_t>(sample.label)]);
  });
  const Survey looked = survey(dataset, {4, "area", {}, {1, 1, 1}}, 2, unwatched).value();
  EXPECT_THAT(pairs(find_duplicates(looked, 2, unwatched).value()),
              ElementsAre("valid/banjo/2.jpg train/banjo/040.jpg", "test/saxaphone/4.jpg train/saxaphone/044.jpg",
                          "valid/clarinet/1.jpg mirrored train/clarinet/001.jpg"));
}

TEST(FindDuplicates, StopsWhenToldTo) {
  const data::Folder folder;
  write_scenes(folder);
  folder.write("test/a/other.png", scene(50));
  const Inspected inspected(folder);
  const std::atomic<bool> stopped = true;
  EXPECT_FALSE(find_duplicates(inspected.survey, 2, {stopped, [](auto...) {}}).has_value());
}

}  // namespace
}  // namespace aviary::inspection
