#include "data/interpolation.hpp"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace aviary::data {
namespace {

Fixed fixed(double number) { return static_cast<Fixed>(std::llround(std::ldexp(number, point))); }

/// As interpolation is defined, in floating point.
double value(const Image& image, const Border& border, double x, double y, int channel) {
  const int column = static_cast<int>(std::floor(x));
  const int row = static_cast<int>(std::floor(y));
  const auto pixel = [&](int right, int down) -> double {
    const int from_x = cv::borderInterpolate(column + right, image.cols, border.type);
    const int from_y = cv::borderInterpolate(row + down, image.rows, border.type);
    if (from_x < 0 || from_y < 0) return border.color[channel];
    return image.at<cv::Vec3b>(from_y, from_x)[channel];
  };
  const double across = x - column;
  const double down = y - row;
  return (pixel(0, 0) * (1 - across) + pixel(1, 0) * across) * (1 - down) +
         (pixel(0, 1) * (1 - across) + pixel(1, 1) * across) * down;
}

TEST(Interpolation, IsAsDefinedWithinAndOutsideThePicture) {
  constexpr int count = 61;
  for (const int type :
       {cv::BORDER_CONSTANT, cv::BORDER_REPLICATE, cv::BORDER_REFLECT, cv::BORDER_REFLECT_101, cv::BORDER_WRAP})
    for (const cv::Size size :
         {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 4), cv::Size(2, 2), cv::Size(3, 2), cv::Size(31, 23)}) {
      const Border border{type, {200, 100, 3}};
      Image image(size, CV_8UC3);
      cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0, 256);
      const Interpolation interpolation(image, border);
      for (const cv::Point2d step : {cv::Point2d(1, 0), cv::Point2d(0.9, 0.4), cv::Point2d(-0.7, 0.6), cv::Point2d(0, -2.25)}) {
        const cv::Point2d first = cv::Point2d(size.width / 2.0, size.height / 2.0) - 30.3 * step;
        cv::Vec3b found[count + 1];
        found[count] = {1, 2, 3};
        interpolation.line({fixed(first.x), fixed(first.y)}, {fixed(step.x), fixed(step.y)}, count, found[0].val);
        for (int i = 0; i < count; ++i)
          for (int channel = 0; channel < 3; ++channel)
            ASSERT_NEAR(found[i][channel], value(image, border, first.x + i * step.x, first.y + i * step.y, channel), 2)
                << "border " << type << ", " << size << ", step " << step << ", pixel " << i;
        EXPECT_EQ(found[count], cv::Vec3b(1, 2, 3)) << "written behind the end";
      }
    }
}

}  // namespace
}  // namespace aviary::data
