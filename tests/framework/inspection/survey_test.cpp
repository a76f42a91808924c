#include "inspection/survey.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/inspection/scenes.hpp"

namespace aviary::inspection {
namespace {

using testing::ElementsAre;

TEST(Survey, ComputesMeanAndDeviationOfTheTrainingPicturesAlone) {
  const data::Folder folder;
  folder.write("train/a/1.png", cv::Mat(4, 4, CV_8UC3, cv::Scalar(0, 51, 255)));  // blue, green, red
  folder.write("train/b/1.png", cv::Mat(4, 4, CV_8UC3, cv::Scalar(0, 153, 0)));
  folder.picture("valid/a/1.png", 200);
  const Inspected inspected(folder);
  const auto [red, green, blue] = inspected.survey.colors.mean();
  EXPECT_DOUBLE_EQ(red, 0.5);
  EXPECT_DOUBLE_EQ(green, 0.4);
  EXPECT_DOUBLE_EQ(blue, 0);
  const auto [red_deviation, green_deviation, blue_deviation] = inspected.survey.colors.std();
  EXPECT_DOUBLE_EQ(red_deviation, 0.5);
  EXPECT_NEAR(green_deviation, 0.2, 1e-15);
  EXPECT_DOUBLE_EQ(blue_deviation, 0);
}

// What the recipe subtracts and divides by belongs to what the network sees: every picture counts as much as any other.
TEST(Survey, TakesTheColorsOfPicturesAsTheRecipeResizesThem) {
  const data::Folder folder;
  folder.write("train/a/large.png", cv::Mat(90, 90, CV_8UC3, cv::Scalar::all(255)));
  folder.write("train/b/small.png", cv::Mat(4, 4, CV_8UC3, cv::Scalar::all(0)));
  cv::Mat stripes(8, 8, CV_8UC3, cv::Scalar::all(0));
  for (int x = 1; x < 8; x += 2) stripes.col(x).setTo(cv::Scalar::all(254));
  folder.write("train/b/stripes.png", stripes);  // shrunk to 4 x 4, all of it is 127
  const Inspected inspected(folder);
  const double gray = 127.0 / 255;
  const double mean = (1 + 0 + gray) / 3;
  EXPECT_DOUBLE_EQ(inspected.survey.colors.mean()[0], mean);
  EXPECT_NEAR(inspected.survey.colors.std()[0], std::sqrt((1 + gray * gray) / 3 - mean * mean), 1e-12);
}

TEST(Survey, NamesWhatCannotBeDecodedAndGoesOn) {
  const data::Folder folder;
  folder.picture("train/a/1.png");
  folder.write("train/a/2.png", "no picture");
  folder.write("train/b/1.png", "");
  folder.picture("train/b/2.png");
  const Inspected inspected(folder);
  std::vector<std::string> faults;
  for (const Picture& picture : inspected.survey.pictures) faults.push_back(picture.sample->name + ": " + picture.fault);
  EXPECT_THAT(faults, ElementsAre("train/a/1.png: ", "train/a/2.png: it is no picture that can be decoded",
                                  "train/b/1.png: the file is empty", "train/b/2.png: "));
}

TEST(Survey, TellsGrayFromColored) {
  const data::Folder folder;
  folder.write("train/a/gray.png", cv::Mat(4, 4, CV_8UC1, cv::Scalar(7)));
  folder.picture("train/a/gray_in_three_channels.png", 7);
  cv::Mat tinted(4, 4, CV_8UC3, cv::Scalar::all(7));
  tinted.at<cv::Vec3b>(3, 3) = {7, 7, 8};
  folder.write("train/b/tinted.png", tinted);
  const Inspected inspected(folder);
  std::vector<bool> gray;
  for (const Picture& picture : inspected.survey.pictures) gray.push_back(picture.gray);
  EXPECT_THAT(gray, ElementsAre(true, true, false));
}

TEST(Survey, LooksAtPicturesInMemory) {
  data::Dataset dataset;
  dataset.classes = {"0", "1"};
  cv::Mat pixels(2, 3, CV_8UC1, cv::Scalar(51));
  dataset.train = {"train", {{"train/0", 0, {}, pixels}}};
  const auto found = survey(dataset, {4, "area", {}, {1, 1, 1}}, 1, unwatched);
  EXPECT_EQ(found->pictures.front().size, cv::Size(3, 2));
  EXPECT_DOUBLE_EQ(found->colors.mean()[0], 0.2);
}

TEST(ForEachNumber, GivesEachNumberOneTurnAndLetsErrorsOut) {
  std::array<std::atomic<int>, 1000> turns{};
  EXPECT_TRUE(for_each_number(turns.size(), 4, "turns", unwatched, [&](std::size_t i) { ++turns[i]; }));
  for (const std::atomic<int>& turn : turns) EXPECT_EQ(turn, 1);
  const auto fail = [](std::size_t i) {
    if (i == 500) throw std::runtime_error("the five hundredth");
  };
  EXPECT_THROW(for_each_number(turns.size(), 4, "turns", unwatched, fail), std::runtime_error);
}

}  // namespace
}  // namespace aviary::inspection
