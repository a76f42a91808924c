#include "data/dataset.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void fill(const Folder& folder, const std::string& name, int count) {
  for (int i = 0; i < count; ++i) folder.write(fmt::format("train/{}/{:03}.jpg", name, i), "");
}

std::set<std::string> names(const Split& split, const std::string& below) {
  std::set<std::string> result;
  for (const Sample& sample : split.samples)
    if (sample.name.starts_with("train/" + below + "/")) result.insert(sample.name);
  return result;
}

Dataset cut(const Folder& folder, double fraction, std::uint64_t seed = 7) {
  recipe::Data data = settings("image_folder", folder.path());
  data.validation_fraction = fraction;
  return open_dataset(data, seed);
}

TEST(ValidationCut, TakesTheSameShareOfEveryClass) {
  const Folder folder;
  fill(folder, "a", 40);
  fill(folder, "b", 13);
  const Dataset dataset = cut(folder, 0.1);
  EXPECT_THAT(names(dataset.validation, "a"), SizeIs(4));
  EXPECT_THAT(names(dataset.validation, "b"), SizeIs(1));
  EXPECT_THAT(names(dataset.train, "a"), SizeIs(36));
  EXPECT_THAT(names(dataset.train, "b"), SizeIs(12));
}

TEST(ValidationCut, LeavesTrainingPicturesInEveryClass) {
  const Folder folder;
  fill(folder, "one", 1);
  fill(folder, "two", 2);
  const Dataset few = cut(folder, 0.01);
  EXPECT_THAT(names(few.validation, "one"), IsEmpty());
  EXPECT_THAT(names(few.validation, "two"), SizeIs(1));
  const Dataset most = cut(folder, 0.9);
  EXPECT_THAT(names(most.train, "one"), SizeIs(1));
  EXPECT_THAT(names(most.train, "two"), SizeIs(1));
}

TEST(ValidationCut, StaysWhenFilesAreAddedToAnotherClass) {
  const Folder folder;
  fill(folder, "b", 50);
  fill(folder, "c", 20);
  const auto before = names(cut(folder, 0.2).validation, "b");
  fill(folder, "a", 30);
  fill(folder, "c", 33);
  const auto after = names(cut(folder, 0.2).validation, "b");
  EXPECT_THAT(before, SizeIs(10));
  EXPECT_EQ(before, after);
}

TEST(ValidationCut, KeepsItsPicturesWhenItsOwnClassGrows) {
  const Folder folder;
  fill(folder, "a", 10);
  fill(folder, "b", 50);
  const auto before = names(cut(folder, 0.2).validation, "b");
  fill(folder, "b", 51);
  const auto after = names(cut(folder, 0.2).validation, "b");
  std::set<std::string> left;
  std::ranges::set_difference(before, after, std::inserter(left, left.end()));
  EXPECT_LE(left.size(), 1U);
}

TEST(ValidationCut, DependsOnTheSeedAlone) {
  const Folder folder;
  fill(folder, "a", 50);
  fill(folder, "b", 50);
  EXPECT_EQ(names(cut(folder, 0.2, 1).validation, "a"), names(cut(folder, 0.2, 1).validation, "a"));
  EXPECT_NE(names(cut(folder, 0.2, 1).validation, "a"), names(cut(folder, 0.2, 2).validation, "a"));
}

// The choice is part of what a seed means: it must be the same on every machine and in every version.
TEST(ValidationCut, ChoosesThesePictures) {
  const Folder folder;
  fill(folder, "a", 10);
  fill(folder, "b", 10);
  EXPECT_THAT(names(cut(folder, 0.2, 7).validation, "a"), ElementsAre("train/a/006.jpg", "train/a/008.jpg"));
}

TEST(ValidationCut, ReplacesTheDatasOwnPart) {
  const Folder folder;
  fill(folder, "a", 10);
  fill(folder, "b", 10);
  folder.write("valid/a/1.jpg", "");
  const Dataset dataset = cut(folder, 0.1);
  EXPECT_THAT(dataset.validation.samples, SizeIs(2));
  EXPECT_THAT(names(dataset.validation, "a"), SizeIs(1));
  EXPECT_THAT(dataset.notices,
              ElementsAre("data.validation_fraction cuts the validation part off train; the data's own 1 validation "
                          "pictures are not used"));
}

TEST(Fraction, LeavesTheSameShareOfEveryClassAndTheValidationPartAsItIs) {
  const Folder folder;
  fill(folder, "a", 40);
  fill(folder, "b", 10);
  fill(folder, "c", 1);
  recipe::Data data = settings("image_folder", folder.path());
  data.validation_fraction = 0.1;
  const Dataset all = open_dataset(data, 7);
  data.fraction = 0.5;
  const Dataset half = open_dataset(data, 7);
  EXPECT_EQ(names(half.validation, "a"), names(all.validation, "a"));
  EXPECT_THAT(names(half.train, "a"), SizeIs(18));
  EXPECT_THAT(names(half.train, "b"), SizeIs(5));
  EXPECT_THAT(names(half.train, "c"), SizeIs(1));
  EXPECT_THAT(names(all.train, "a"), ::testing::IsSupersetOf(names(half.train, "a")));
  EXPECT_NE(names(open_dataset(data, 8).train, "b"), names(half.train, "b"));
}

TEST(Folds, ValidateOnEveryPictureOnce) {
  const Folder folder;
  fill(folder, "a", 12);
  fill(folder, "b", 7);
  fill(folder, "c", 2);
  recipe::Data data = settings("image_folder", folder.path());
  data.folds = 5;
  std::set<std::string> seen;
  for (data.fold = 0; data.fold < 5; ++data.fold) {
    const Dataset dataset = open_dataset(data, 7);
    EXPECT_THAT(dataset.validation.samples, SizeIs(::testing::AnyOf(4, 5)));
    EXPECT_THAT(dataset.train.samples, SizeIs(21 - dataset.validation.samples.size()));
    EXPECT_THAT(names(dataset.validation, "a"), SizeIs(::testing::AnyOf(2, 3)));
    EXPECT_THAT(names(dataset.validation, "b"), SizeIs(::testing::AnyOf(1, 2)));
    for (const Sample& sample : dataset.validation.samples) EXPECT_TRUE(seen.insert(sample.name).second) << sample.name;
  }
  EXPECT_THAT(seen, SizeIs(21));
}

TEST(Folds, AreNoMoreThanThePictures) {
  const Folder folder;
  fill(folder, "a", 2);
  fill(folder, "b", 1);
  recipe::Data data = settings("image_folder", folder.path());
  data.folds = 4;
  EXPECT_EQ(error_of([&] { open_dataset(data, 0); }),
            "data.folds is 4, but the training part has 3 pictures; expected no more folds than pictures");
}

class ClassSettings : public ::testing::Test {
 protected:
  ClassSettings() {
    fill(folder_, "crow", 1);
    fill(folder_, "red  robin", 1);
    fill(folder_, "wren", 1);
    data_ = settings("image_folder", folder_.path());
  }

  std::string error() const {
    return error_of([&] { open_dataset(data_, 0); });
  }

  Folder folder_;
  recipe::Data data_;
};

TEST_F(ClassSettings, ClassNamesGiveTheOrder) {
  data_.class_names = {"wren", "red robin", "crow"};
  const Dataset dataset = open_dataset(data_, 0);
  EXPECT_THAT(dataset.classes, ElementsAre("wren", "red robin", "crow"));
  EXPECT_EQ(dataset.train.samples[0].name, "train/wren/000.jpg");
  EXPECT_EQ(dataset.train.samples[2].name, "train/crow/000.jpg");
  EXPECT_EQ(dataset.train.samples[2].label, 2);
}

TEST_F(ClassSettings, RefusesClassesThatAreNotNamed) {
  data_.class_names = {"wren", "rd robin", "crow"};
  EXPECT_EQ(error(),
            "the data in " + folder_.path() +
                " has the class \"red robin\", which data.class_names does not list: list every class of the data or leave "
                "the setting out; did you mean rd robin?");
}

TEST_F(ClassSettings, RefusesAClassNamedTwice) {
  data_.class_names = {"wren", "red robin", "crow", "red  robin"};
  EXPECT_EQ(error(), "data.class_names lists \"red robin\" twice; each class has one place");
}

TEST_F(ClassSettings, NoticesNamedClassesThatTheDataLacks) {
  data_.class_names = {"wren", "red robin", "crow", "emu"};
  const Dataset dataset = open_dataset(data_, 0);
  EXPECT_THAT(dataset.classes, SizeIs(4));
  EXPECT_THAT(dataset.notices, ElementsAre("without training pictures: \"emu\" (1 of 4 classes)"));
}

TEST_F(ClassSettings, RefusesFewerClassesThanTheDataHas) {
  data_.classes = 2;
  EXPECT_EQ(error(),
            "data.classes is 2, but the data in " + folder_.path() + " has 3 classes; set data.classes = 3 or leave it out");
}

TEST_F(ClassSettings, AllowsMoreOutputsThanClasses) {
  data_.classes = 10;
  EXPECT_THAT(open_dataset(data_, 0).classes, SizeIs(3));
}

TEST(RealData, InstrumentsHaveThirtyClasses) {
  const std::string path = AVIARY_SOURCE_DIR "/../shared/data/instruments30";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the photographs are not on this machine: " << path;
  const Dataset dataset = open_dataset(settings("image_folder", path), 0);
  EXPECT_THAT(dataset.classes, SizeIs(30));
  EXPECT_THAT(dataset.train.samples, SizeIs(4793));
  EXPECT_THAT(dataset.validation.samples, SizeIs(150));
  EXPECT_THAT(dataset.test.samples, SizeIs(150));
  EXPECT_THAT(dataset.notices, IsEmpty());
}

TEST(RealData, BirdsTableNamesTheSameClassesAsItsFolders) {
  const std::string path = AVIARY_SOURCE_DIR "/../shared/data/birds525";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the photographs are not on this machine: " << path;
  const Dataset folders = open_dataset(settings("image_folder", path), 0);
  const Dataset table = open_dataset(settings("csv", path), 0);
  EXPECT_THAT(folders.classes, SizeIs(525));
  EXPECT_EQ(folders.classes, table.classes);
  EXPECT_THAT(table.train.samples, SizeIs(1575));
  EXPECT_THAT(table.test.samples, SizeIs(525));
}

}  // namespace
}  // namespace aviary::data
