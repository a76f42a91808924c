#include "inspection/format.hpp"

#include <gtest/gtest.h>

#include "framework/data/pictures.hpp"

namespace aviary::inspection {
namespace {

TEST(RecognisedFormat, IsWhatTheFolderHolds) {
  const data::Folder folder;
  folder.picture("pictures/train/a/1.png");
  folder.write("pictures/table.csv", "filepaths,labels,data set\n");
  folder.write("table/birds.CSV", "filepaths,labels,data set\n");
  folder.write("digits/train-images-idx3-ubyte.gz", "");
  EXPECT_EQ(recognised_format(folder / "pictures"), "image_folder") << "train/ says more than a table beside it";
  EXPECT_EQ(recognised_format(folder / "table"), "csv");
  EXPECT_EQ(recognised_format(folder / "table/birds.CSV"), "csv");
  EXPECT_EQ(recognised_format(folder / "digits"), "idx");
}

TEST(RecognisedFormat, SaysWhatItExpected) {
  const data::Folder folder;
  folder.write("notes/read.me", "");
  EXPECT_EQ(data::error_of([&] { recognised_format(folder / "notes"); }),
            folder.path() +
                "/notes is no data set; expected a folder that holds train/ with a folder per class, Kaggle's .csv "
                "file, or train-images-idx3-ubyte");
  EXPECT_EQ(data::error_of([&] { recognised_format(folder / "nowhere"); }),
            folder.path() + "/nowhere does not exist; expected a folder of pictures, or Kaggle's .csv file");
}

}  // namespace
}  // namespace aviary::inspection
