#include "results/contact_sheet.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

namespace {

using aviary::results::contact_sheet;
using aviary::results::Tile;

aviary::Image red(int side) { return {side, side, CV_8UC3, cv::Scalar(250, 10, 10)}; }

const cv::Scalar bgr_red(10, 10, 250);

// Of the sheet's pixels, in BGR.
int count(const std::string& png, const cv::Scalar& low, const cv::Scalar& high) {
  const cv::Mat sheet = cv::imdecode(std::vector<char>(png.begin(), png.end()), cv::IMREAD_COLOR);
  cv::Mat found;
  cv::inRange(sheet, low, high, found);
  return cv::countNonZero(found);
}

TEST(ContactSheet, ShowsEveryPictureWhole) {
  const Tile tile{red(200), "one"};
  EXPECT_EQ(count(contact_sheet({{tile, tile}, {tile}}), bgr_red, bgr_red), 3 * 200 * 200);
}

TEST(ContactSheet, EnlargesSmallPictures) { EXPECT_EQ(count(contact_sheet({{{red(32), ""}}}), bgr_red, bgr_red), 160 * 160); }

TEST(ContactSheet, WrapsCaptionsAndKeepsThemApart) {
  const std::string words = "shift_scale_rotate, random_brightness_contrast, elastic_transform, trivial_augment";
  const auto height = [](const std::string& png) {
    return cv::imdecode(std::vector<char>(png.begin(), png.end()), cv::IMREAD_COLOR).rows;
  };
  EXPECT_GT(height(contact_sheet({{{red(200), words}}})), height(contact_sheet({{{red(200), "rotate"}}})) + 15);
  EXPECT_GT(count(contact_sheet({{{red(200), words}}}), cv::Scalar::all(0), cv::Scalar::all(120)), 100);
}

}  // namespace
