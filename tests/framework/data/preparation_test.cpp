#include "data/preparation.hpp"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "data/decode.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

Preparation sized(std::int64_t side, const char* kind = "area") { return {side, kind, {0.5, 0.25, 0}, {0.5, 0.25, 1}}; }

TEST(Preparation, NormalisesEachChannel) {
  Image image(1, 2, CV_8UC3);
  image.at<cv::Vec3b>(0, 0) = {0, 255, 51};
  image.at<cv::Vec3b>(0, 1) = {255, 0, 255};
  std::vector<float> values(6);
  Normaliser(sized(1))(image, values.data());
  EXPECT_THAT(values, ElementsAre(FloatEq(-1), FloatEq(3), FloatEq(0.2F), FloatEq(1), FloatEq(-1), FloatEq(1)));
}

TEST(Preparation, NormalisesPartsOfPictures) {
  Image whole(4, 4, CV_8UC3, cv::Scalar::all(9));
  Image part = whole({1, 1, 2, 2});
  part.setTo(cv::Scalar::all(255));
  std::vector<float> values(12);
  Normaliser({2, "area", {}, {1, 1, 1}})(part, values.data());
  EXPECT_THAT(values, ::testing::Each(FloatEq(1)));
}

TEST(Preparation, AveragesWhenItShrinks) {
  Image image(4, 4, CV_8UC3, cv::Scalar::all(0));
  image.at<cv::Vec3b>(0, 0) = {160, 80, 16};
  EXPECT_EQ(sized(1).resize(image, 1).at<cv::Vec3b>(0, 0), cv::Vec3b(10, 5, 1));
  EXPECT_EQ(sized(1, "linear").resize(image, 1).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 0)) << "looks at the four in the middle";
}

TEST(Preparation, InterpolatesWhenItEnlarges) {
  Image image(1, 2, CV_8UC3, cv::Scalar::all(0));
  image.at<cv::Vec3b>(0, 1) = {200, 200, 200};
  const Image large = sized(8).resize(image, 8);
  EXPECT_EQ(large.size(), cv::Size(8, 8));
  EXPECT_EQ(large.at<cv::Vec3b>(0, 3), cv::Vec3b::all(75));
}

TEST(Preparation, LeavesPicturesThatFit) {
  const Image image(8, 8, CV_8UC3, cv::Scalar::all(1));
  EXPECT_EQ(sized(8).resize(image, 8).data, image.data);
}

TEST(Preparation, AntialiasLooksAtAllPixelsOfALargeJpeg) {
  const Folder folder;
  cv::Mat noise(80, 80, CV_8UC3);
  cv::randu(noise, 0, 256);
  const auto file = folder.write("1.jpg", noise);
  const Image whole = decode(file);
  EXPECT_EQ(cv::norm(sized(10, "antialias").load(file, 10), sized(10, "antialias").resize(whole, 10), cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(sized(10).load(file, 10), sized(10).resize(whole, 10), cv::NORM_INF), 0) << "area reads an eighth";
}

TEST(Preparation, IsMadeFromTheRecipe) {
  recipe::Data data;
  data.image_size = 64;
  data.resize = "linear";
  EXPECT_EQ(Preparation::from(data), (Preparation{64, "linear", {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}));
}

TEST(Preparation, ComesBackFromJsonUnchanged) {
  for (const char* kind : {"area", "linear", "antialias"}) {
    const Preparation preparation{64, kind, {0.1, 0.2, 1.0 / 3}, {0.229, 0.224, 0.225}};
    EXPECT_EQ(Preparation::from_json(nlohmann::json::parse(preparation.to_json().dump())), preparation);
  }
}

TEST(Preparation, RefusesJsonOfSomethingElse) {
  EXPECT_EQ(error_of([] {
              Preparation::from_json({{"image_size", 64}});
            }),
            "how pictures are prepared cannot be read; expected image_size, resize, mean and std, as a checkpoint holds them");
  nlohmann::json json = sized(8).to_json();
  json["std"][1] = 0;
  EXPECT_EQ(error_of([&] { Preparation::from_json(json); }),
            "how pictures are prepared makes no sense; expected image_size from 1, resize \"area\", \"linear\" or "
            "\"antialias\", std above 0");
}

}  // namespace
}  // namespace aviary::data
