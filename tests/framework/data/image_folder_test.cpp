#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/dataset.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> names(const Split& split) {
  std::vector<std::string> result;
  for (const Sample& sample : split.samples) result.push_back(sample.name);
  return result;
}

Dataset open(const Folder& folder) { return open_dataset(settings("image_folder", folder.path()), 0); }

std::string error_of_opening(const Folder& folder) {
  return error_of([&] { open(folder); });
}

TEST(ImageFolder, SortsClassesAndPicturesByName) {
  const Folder folder;
  for (const char* name : {"train/wren/2.jpg", "train/wren/10.jpg", "train/crow/1.jpg", "valid/crow/1.jpg", "test/wren/3.jpg"})
    folder.picture(name);
  const Dataset dataset = open(folder);
  EXPECT_THAT(dataset.classes, ElementsAre("crow", "wren"));
  EXPECT_THAT(names(dataset.train), ElementsAre("train/crow/1.jpg", "train/wren/10.jpg", "train/wren/2.jpg"));
  EXPECT_EQ(dataset.train.samples[0].label, 0);
  EXPECT_EQ(dataset.train.samples[2].label, 1);
  EXPECT_EQ(dataset.train.samples[2].file, folder / "train/wren/2.jpg");
  EXPECT_THAT(names(dataset.validation), ElementsAre("valid/crow/1.jpg"));
  EXPECT_THAT(names(dataset.test), ElementsAre("test/wren/3.jpg"));
  EXPECT_EQ(dataset.test.samples[0].label, 1);
  EXPECT_THAT(dataset.notices, IsEmpty());
}

TEST(ImageFolder, FoldsRunsOfSpacesInClassNames) {
  const Folder folder;
  for (const char* name : {"train/B & Y  BROADBILL/1.jpg", "train/WREN/1.jpg", "valid/B & Y BROADBILL/1.jpg"})
    folder.picture(name);
  const Dataset dataset = open(folder);
  EXPECT_THAT(dataset.classes, ElementsAre("B & Y BROADBILL", "WREN"));
  EXPECT_EQ(dataset.validation.samples[0].label, 0);
  EXPECT_EQ(dataset.train.samples[0].name, "train/B & Y  BROADBILL/1.jpg");
  EXPECT_THAT(
      dataset.notices,
      ElementsAre("the spellings \"B & Y  BROADBILL\" and \"B & Y BROADBILL\" are taken as one class, \"B & Y BROADBILL\""));
}

TEST(ImageFolder, TakesEveryPictureSuffixInAnyCase) {
  const Folder folder;
  folder.picture("train/other/1.png");
  for (const char* suffix : {"jpg", "JPEG", "Png", "bmp", "webp", "ppm", "pgm", "tif", "TIFF", "txt", "gif"})
    folder.write("train/all/1." + std::string(suffix), "x");
  EXPECT_THAT(open(folder).train.samples, SizeIs(9 + 1));
}

TEST(ImageFolder, LeavesOutHiddenFilesAndFoldersNamedLikePictures) {
  const Folder folder;
  for (const char* name :
       {"train/a/1.png", "train/b/1.png", "train/a/.2.png", "train/.cache/1.png", "train/a/folder.jpg/x.png"})
    folder.picture(name);
  EXPECT_THAT(names(open(folder).train), ElementsAre("train/a/1.png", "train/b/1.png"));
}

TEST(ImageFolder, KeepsLinksThatLeadNowhereForTheLoaderToName) {
  const Folder folder;
  folder.picture("train/a/1.png");
  folder.picture("train/b/1.png");
  std::filesystem::create_symlink("nowhere", folder / "train/a/2.png");
  std::filesystem::create_symlink("3.png", folder / "train/a/3.png");
  std::filesystem::create_symlink("circle", folder / "train/circle");
  std::filesystem::create_directory_symlink("b", folder / "train/c");
  const Dataset dataset = open(folder);
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(dataset.train),
              ElementsAre("train/a/1.png", "train/a/2.png", "train/a/3.png", "train/b/1.png", "train/c/1.png"));
}

TEST(ImageFolder, NoticesClassesWithoutTrainingPictures) {
  const Folder folder;
  for (const char* name : {"train/a/1.png", "train/b/1.png", "valid/d/1.png"}) folder.picture(name);
  std::filesystem::create_directories(folder / "train/c");
  const Dataset dataset = open(folder);
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(dataset.notices, ElementsAre("without training pictures: \"c\", \"d\" (2 of 4 classes)"));
}

TEST(ImageFolder, RefusesFolderWithoutTrain) {
  const Folder folder;
  for (const char* name : {"a/1.png", "b/1.png", "c/1.png", "d/1.png", "e/1.png", "f/1.png"}) folder.picture(name);
  EXPECT_EQ(error_of_opening(folder),
            folder.path() +
                " has no folder train/; expected train/ (and valid/, test/) with a folder per class; found a, b, c, d, e "
                "and 1 more; point data.path at the folder that holds train/");
}

TEST(ImageFolder, RefusesEmptyFolder) {
  const Folder folder;
  EXPECT_EQ(error_of_opening(folder),
            folder.path() +
                " has no folder train/; expected train/ (and valid/, test/) with a folder per class; found nothing; point "
                "data.path at the folder that holds train/");
}

TEST(ImageFolder, RefusesTrainWithoutPictures) {
  const Folder folder;
  folder.write("train/a/readme.txt", "no picture");
  folder.picture("valid/a/1.png");
  EXPECT_EQ(error_of_opening(folder),
            folder.path() +
                "/train holds no pictures; expected a folder per class with files that end in .jpg, .jpeg, .png, .bmp, "
                ".webp, .ppm, .pgm, .tif, .tiff; check data.path");
}

TEST(ImageFolder, RefusesOneClassOnly) {
  const Folder folder;
  folder.picture("train/crow/1.png");
  folder.picture("valid/wren/1.png");
  EXPECT_EQ(error_of_opening(folder), "all training pictures of " + folder.path() +
                                          " are of one class, \"crow\"; a classifier needs two classes or more");
}

TEST(ImageFolder, RefusesTwoValidationFolders) {
  const Folder folder;
  for (const char* name : {"train/a/1.png", "val/a/1.png", "valid/a/1.png"}) folder.picture(name);
  EXPECT_EQ(
      error_of_opening(folder),
      folder.path() + " holds both val/ and valid/; expected one folder with the validation part: rename or remove the other");
}

TEST(ImageFolder, RefusesPathThatDoesNotExist) {
  const Folder folder;
  const std::string path = (folder / "nowhere").native();
  EXPECT_EQ(error_of([&] { open_dataset(settings("image_folder", path), 0); }),
            "data.path is " + path + ", which does not exist; correct it, or bring the data there");
}

TEST(ImageFolder, RefusesFileAsPath) {
  const Folder folder;
  const std::string path = folder.picture("a.png").native();
  EXPECT_EQ(error_of([&] { open_dataset(settings("image_folder", path), 0); }),
            "data.path is " + path + ", which is a file; data.format = \"image_folder\" needs a folder");
}

TEST(ImageFolder, RefusesPathThatCannotBeRead) {
  const Folder folder;
  std::filesystem::create_symlink("circle", folder / "circle");
  const std::string path = (folder / "circle").native();
  EXPECT_EQ(error_of([&] { open_dataset(settings("image_folder", path), 0); }),
            "cannot read data.path, " + path + ": Too many levels of symbolic links");
}

TEST(ImageFolder, RefusesFolderWithoutPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every folder";
  const Folder folder;
  folder.picture("train/a/1.png");
  std::filesystem::permissions(folder / "train/a", std::filesystem::perms::none);
  EXPECT_EQ(error_of_opening(folder), "cannot read the folder " + folder.path() +
                                          "/train/a: Permission denied; check data.path and the folder's permissions");
  std::filesystem::permissions(folder / "train/a", std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace aviary::data
