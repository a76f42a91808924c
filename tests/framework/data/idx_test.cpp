#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <opencv2/core.hpp>

#include "data/dataset.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using namespace std::string_literals;

std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string images(std::uint32_t count, const std::string& values) {
  return "\0\0\x08\x03"s + number(count) + number(2) + number(3) + values;
}

std::string labels(std::string_view values) {
  return "\0\0\x08\x01"s + number(static_cast<std::uint32_t>(values.size())) + std::string(values);
}

const std::string shades_of_three = "abcdefghijklmnopqr";  // pictures of 2 x 3

class Idx : public ::testing::Test {
 protected:
  Idx() {
    folder_.write("train-images-idx3-ubyte", images(3, shades_of_three));
    folder_.write("train-labels-idx1-ubyte", labels("\2\0\2"s));
    data_ = settings("idx", folder_.path());
  }

  std::string error() const {
    return error_of([&] { open_dataset(data_, 0); });
  }
  void zip(const std::string& name, const std::string& bytes) const {
    gzFile file = gzopen((folder_ / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }

  Folder folder_;
  recipe::Data data_;
  const std::string pictures_ = (folder_ / "train-images-idx3-ubyte").native();
};

TEST_F(Idx, ReadsPicturesAndLabels) {
  const Dataset dataset = open_dataset(data_, 0);
  EXPECT_THAT(dataset.classes, ElementsAre("0", "1", "2"));
  ASSERT_THAT(dataset.train.samples, SizeIs(3));
  const Sample& first = dataset.train.samples[0];
  EXPECT_EQ(first.name, "train/1");
  EXPECT_EQ(first.label, 0);
  EXPECT_EQ(first.pixels.type(), CV_8UC1);
  EXPECT_EQ(first.pixels.size(), cv::Size(3, 2));
  EXPECT_EQ(first.pixels.at<std::uint8_t>(0, 0), 'g');
  EXPECT_EQ(first.pixels.at<std::uint8_t>(1, 2), 'l');
  EXPECT_EQ(first.pixels.datastart, dataset.train.samples[2].pixels.datastart) << "one block";
  EXPECT_THAT(dataset.notices, ElementsAre("without training pictures: \"1\" (1 of 3 classes)"));
}

TEST_F(Idx, ReadsCompressedFilesAlike) {
  const Dataset plain = open_dataset(data_, 0);
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}) std::filesystem::remove(folder_ / name);
  zip("train-images-idx3-ubyte.gz", images(3, shades_of_three));
  zip("train-labels-idx1-ubyte.gz", labels("\2\0\2"s));
  const Dataset zipped = open_dataset(data_, 0);
  ASSERT_THAT(zipped.train.samples, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(zipped.train.samples[i].label, plain.train.samples[i].label);
    EXPECT_EQ(cv::norm(zipped.train.samples[i].pixels, plain.train.samples[i].pixels), 0);
  }
}

TEST_F(Idx, ReadsTestPart) {
  folder_.write("t10k-images-idx3-ubyte", images(1, "abcdef"));
  folder_.write("t10k-labels-idx1-ubyte", labels("\1"));
  const Dataset dataset = open_dataset(data_, 0);
  ASSERT_THAT(dataset.test.samples, SizeIs(1));
  EXPECT_EQ(dataset.test.samples[0].name, "test/0");
}

TEST_F(Idx, NamesFollowTheNumbers) {
  data_.class_names = {"shirt", "boot", "bag", "coat"};
  const Dataset dataset = open_dataset(data_, 0);
  EXPECT_THAT(dataset.classes, ElementsAre("shirt", "boot", "bag", "coat"));
  EXPECT_EQ(dataset.train.samples[0].name, "train/1");
  EXPECT_EQ(dataset.train.samples[0].label, 0);
  data_.class_names = {"shirt", "boot"};
  EXPECT_EQ(error(), "data.class_names lists 2 classes, but the labels in " + folder_.path() + " go from 0 to 2");
}

TEST_F(Idx, KeepsElevenClassesInTheOrderOfTheirNumbers) {
  folder_.write("train-labels-idx1-ubyte", labels("\xa\0\2"s));
  EXPECT_THAT(open_dataset(data_, 0).classes, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"));
}

TEST_F(Idx, NamesMissingFile) {
  std::filesystem::remove(folder_ / "train-labels-idx1-ubyte");
  EXPECT_EQ(error(), folder_.path() +
                         " has no train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz; bring the file there, or correct "
                         "data.path");
}

TEST_F(Idx, RefusesFilesThatAreCutOff) {
  folder_.write("train-images-idx3-ubyte", images(3, shades_of_three.substr(1)));
  EXPECT_EQ(error(), pictures_ + ": shorter than its header tells: expected 18 values; fetch the file again");
  folder_.write("train-images-idx3-ubyte", images(3, shades_of_three).substr(0, 10));
  EXPECT_EQ(error(), pictures_ + ": cut off: 10 bytes, shorter than the header; fetch the file again");
}

TEST_F(Idx, RefusesCompressedFilesThatAreCutOff) {
  std::filesystem::remove(pictures_);
  zip("train-images-idx3-ubyte.gz", images(3, shades_of_three));
  std::filesystem::resize_file(pictures_ + ".gz", std::filesystem::file_size(pictures_ + ".gz") - 9);
  EXPECT_EQ(error(), pictures_ + ".gz: cut off or damaged; fetch the file again");
}

TEST_F(Idx, RefusesHeadersThatLie) {
  folder_.write("train-images-idx3-ubyte", images(3, shades_of_three + "x"));
  EXPECT_EQ(error(), pictures_ + ": longer than its header tells: expected 18 values; fetch the file again");
  folder_.write("train-images-idx3-ubyte", images(0xffffffff, shades_of_three));
  EXPECT_EQ(error(), pictures_ + ": shorter than its header tells: expected 25769803770 values; fetch the file again");
  folder_.write("train-images-idx3-ubyte", "\0\0\x08\x03"s + number(1) + number(0) + number(3));
  EXPECT_EQ(error(),
            pictures_ + ": its header tells of pictures with a side of 0 pixels; expected 1 to 4096; fetch the file again");
  folder_.write("train-images-idx3-ubyte", labels("\2\0\2 and more"s));
  EXPECT_EQ(error(),
            pictures_ + ": not the expected IDX file: it begins with 00000801, expected 00000803; fetch the file again");
}

TEST_F(Idx, RefusesLabelsOfOtherPictures) {
  folder_.write("train-labels-idx1-ubyte", labels("\2\1"));
  EXPECT_EQ(error(), pictures_ + " holds 3 pictures, but " + (folder_ / "train-labels-idx1-ubyte").native() +
                         " holds 2 labels; they are not of one data set");
}

TEST_F(Idx, RefusesFileWithoutPictures) {
  folder_.write("train-images-idx3-ubyte", images(0, ""));
  folder_.write("train-labels-idx1-ubyte", labels(""));
  EXPECT_EQ(error(), pictures_ + " holds no pictures");
}

}  // namespace
}  // namespace aviary::data
