#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/csv_rows.hpp"
#include "data/dataset.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Csv : public ::testing::Test {
 protected:
  Csv() {
    for (const char* name : {"1.png", "2.png", "3.png", "4.png"}) folder_.picture(name);
  }

  Dataset open(const std::string& text) { return open_dataset(settings("csv", folder_.write("birds.csv", text).native()), 0); }
  std::string error(const std::string& text) {
    return error_of([&] { open(text); });
  }

  Folder folder_;
  const std::string file_ = (folder_ / "birds.csv").native();
};

TEST_F(Csv, ReadsParts) {
  const Dataset dataset =
      open("filepaths,labels,data set\n1.png,wren,train\n2.png,crow,train\n3.png,crow,valid\n4.png,wren,test\n");
  EXPECT_THAT(dataset.classes, ElementsAre("crow", "wren"));
  EXPECT_THAT(dataset.train.samples, SizeIs(2));
  EXPECT_EQ(dataset.train.samples[0].name, "2.png");
  EXPECT_EQ(dataset.train.samples[0].file, folder_ / "2.png");
  EXPECT_EQ(dataset.train.samples[1].label, 1);
  EXPECT_EQ(dataset.validation.samples[0].name, "3.png");
  EXPECT_EQ(dataset.test.samples[0].label, 1);
}

TEST_F(Csv, TakesColumnsInAnyOrderAndOthersBetween) {
  const Dataset dataset =
      open("data set,class index,labels,filepaths\ntrain,1,wren,1.png\nval,0,crow,2.png\ntrain,0,crow,3.png\n");
  EXPECT_THAT(dataset.classes, ElementsAre("crow", "wren"));
  EXPECT_EQ(dataset.train.samples[0].name, "3.png");
  EXPECT_EQ(dataset.validation.samples[0].name, "2.png");
}

TEST_F(Csv, ReadsQuotesCrlfAndByteOrderMark) {
  folder_.picture("a, \"b\".png");
  const Dataset dataset = open(
      "\xef\xbb\xbf\"filepaths\",labels,\"data set\"\r\n\"a, \"\"b\"\".png\",\"wren, small\",train\r\n\r\n2.png,\"RED  "
      "KNOT\",train\r\n"
      "3.png,RED KNOT,validation");
  EXPECT_THAT(dataset.classes, ElementsAre("RED KNOT", "wren, small"));
  EXPECT_EQ(dataset.train.samples[1].name, "a, \"b\".png");
  EXPECT_EQ(dataset.validation.samples[0].label, 0);
}

TEST_F(Csv, CountsLinesThroughBlankOnesAndLineEndsInQuotes) {
  std::vector<std::size_t> lines;
  const auto file = folder_.write("lines.csv", "a,b\r\n\r\n\"x\n\ny\",2\r\nz,3\r\n");
  std::vector<std::string> first;
  read_csv(file, [&](const CsvRow& row) {
    lines.push_back(row.line);
    first.push_back(row.fields.at(0));
    return true;
  });
  EXPECT_THAT(lines, ElementsAre(1, 3, 6));
  EXPECT_THAT(first, ElementsAre("a", "x\n\ny", "z"));
}

TEST_F(Csv, NamesMissingColumnsAndThoseFound) {
  EXPECT_EQ(error("class index,filepaths,label\n"),
            file_ +
                " lacks the columns labels, data set; expected filepaths, labels, data set "
                "in its first row, found class index, filepaths, label");
  EXPECT_EQ(error(""),
            file_ +
                " lacks the columns filepaths, labels, data set; expected filepaths, labels, data set in its first row, "
                "found nothing");
}

TEST_F(Csv, NamesTheLineOfBadRows) {
  const std::string head = "filepaths,labels,data set\n1.png,wren,train\n\n";
  EXPECT_EQ(error(head + "2.png,crow\n"), file_ + ":4: expected 3 fields, as in the first row; found 2");
  EXPECT_EQ(error(head + "2.png,crow,holdout\n"), file_ + ":4: data set is \"holdout\"; expected train, valid or test");
  EXPECT_EQ(error(head + ",crow,train\n"), file_ + ":4: filepaths is empty; expected the path of a picture");
  EXPECT_EQ(error(head + "2.png, ,train\n"), file_ + ":4: labels is empty; expected the name of a class");
  EXPECT_EQ(error(head + "2\".png,crow,train\n"),
            file_ + ":4: not CSV: a quote stands inside a field; put the field in quotes and double those within it");
  EXPECT_EQ(error(head + "\"2.png,crow,train\n3.png,crow,train\n"),
            file_ + ":4: not CSV: a quote that opens in this row is never closed");
}

TEST_F(Csv, RefusesTableWithoutTrainingRows) {
  EXPECT_EQ(error("filepaths,labels,data set\n1.png,wren,test\n"),
            file_ + " lists no training pictures; expected rows with the data set \"train\"");
}

TEST_F(Csv, LeavesSomeMissingFilesToTheLoader) {
  EXPECT_THAT(open("filepaths,labels,data set\nx.png,wren,train\n1.png,crow,train\n").train.samples, SizeIs(2));
}

TEST_F(Csv, RefusesTableWhoseFilesAreElsewhere) {
  EXPECT_EQ(error("filepaths,labels,data set\nbirds/1.png,wren,train\nbirds/2.png,crow,train\n"),
            "none of the first 2 training pictures that " + file_ + " lists exists; the first is " +
                (folder_ / "birds/1.png").native() + "; filepaths count from the folder of the .csv file");
}

TEST_F(Csv, FindsTheOneTableOfAFolder) {
  folder_.write("birds.csv", "filepaths,labels,data set\n1.png,wren,train\n2.png,crow,train\n");
  folder_.write("class_dict.csv", "class_index,class\n0,crow\n");
  EXPECT_THAT(open_dataset(settings("csv", folder_.path()), 0).train.samples, SizeIs(2));
  folder_.write("copy.CSV", "labels,filepaths,data set\n");
  EXPECT_EQ(error_of([&] { open_dataset(settings("csv", folder_.path()), 0); }),
            folder_.path() + " holds more than one table of pictures, birds.csv and copy.CSV; point data.path at one of them");
}

TEST_F(Csv, RefusesFolderWithoutTable) {
  folder_.write("class_dict.csv", "class_index,class\n0,crow\n");
  EXPECT_EQ(error_of([&] { open_dataset(settings("csv", folder_.path()), 0); }),
            folder_.path() +
                " holds no .csv file with the columns filepaths, labels, data set; found class_dict.csv; point data.path "
                "at the file");
}

TEST(Birds400, HasFourHundredClassesDespiteTwoSpellings) {
  const std::string table = AVIARY_SOURCE_DIR "/../shared/data/birds400-meta/birds.csv";
  if (!std::filesystem::exists(table)) GTEST_SKIP() << "the table is not on this machine: " << table;
  const Folder folder;
  std::filesystem::copy_file(table, folder / "birds.csv");
  folder.picture("train/ABBOTTS BABBLER/001.jpg");  // the pictures themselves are not there
  const Dataset dataset = open_dataset(settings("csv", folder.path()), 0);
  EXPECT_THAT(dataset.classes, SizeIs(400));
  EXPECT_THAT(dataset.train.samples, SizeIs(58388));
  EXPECT_THAT(dataset.validation.samples, SizeIs(2000));
  EXPECT_THAT(dataset.test.samples, SizeIs(2000));
}

}  // namespace
}  // namespace aviary::data
