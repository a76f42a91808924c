#include "data/antialias.hpp"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace aviary::data {
namespace {

// As script/make-resize-references makes it.
Image picture(cv::Size size) {
  Image image(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int channel = 0; channel < 3; ++channel)
        image.at<cv::Vec3b>(y, x)[channel] =
            static_cast<std::uint8_t>((x * x * 3 + y * 29 + x * y * (channel + 1) + channel * 85) % 256);
  return image;
}

TEST(ResizeAntialiased, GivesWhatPillowGives) {
  std::ifstream file(AVIARY_SOURCE_DIR "/tests/framework/data/resize_references.txt");
  std::string line;
  std::getline(file, line);
  int cases = 0;
  for (; std::getline(file, line); ++cases) {
    std::istringstream in(line);
    cv::Size before;
    cv::Size after;
    in >> before.width >> before.height >> after.width >> after.height;
    const Image resized = resize_antialiased(picture(before), after);
    ASSERT_EQ(resized.size(), after);
    for (int y = 0; y < after.height; ++y)
      for (int i = 0; i < 3 * after.width; ++i) {
        int expected = -1;
        ASSERT_TRUE(in >> expected);
        EXPECT_EQ(resized.ptr(y)[i], expected) << before << " to " << after << ", row " << y << ", byte " << i;
      }
  }
  EXPECT_EQ(cases, 9);
}

TEST(ResizeAntialiased, TakesPartsOfPictures) {
  const Image whole = picture({20, 20});
  const Image part = whole({3, 4, 10, 9});
  EXPECT_EQ(cv::norm(resize_antialiased(part, {4, 4}), resize_antialiased(part.clone(), {4, 4}), cv::NORM_INF), 0);
}

}  // namespace
}  // namespace aviary::data
