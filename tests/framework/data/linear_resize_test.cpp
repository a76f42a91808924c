#include "data/linear_resize.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace aviary::data {
namespace {

TEST(LinearResize, IsOpenCvsWithinALevel) {
  for (const cv::Size from : {cv::Size(1, 1), cv::Size(1, 5), cv::Size(2, 3), cv::Size(53, 37), cv::Size(224, 60)}) {
    Image image(from, CV_8UC3);
    cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0, 256);
    for (const cv::Size to : {cv::Size(1, 1), cv::Size(9, 70), cv::Size(10, 11), cv::Size(41, 29), cv::Size(111, 90)}) {
      Image expected;
      cv::resize(image, expected, to, 0, 0, cv::INTER_LINEAR);
      EXPECT_LE(cv::norm(resize_linear(image, to), expected, cv::NORM_INF), 1) << from << " to " << to;
    }
  }
}

TEST(LinearResize, TakesAPartOfAPicture) {
  Image image(20, 30, CV_8UC3);
  cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0, 256);
  const cv::Rect part(3, 4, 11, 9);
  EXPECT_EQ(cv::norm(resize_linear(image(part), {25, 23}), resize_linear(image(part).clone(), {25, 23}), cv::NORM_INF), 0);
}

}  // namespace
}  // namespace aviary::data
