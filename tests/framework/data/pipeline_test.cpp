#include "data/pipeline.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "framework/data/augmentations.hpp"

namespace aviary::data {
namespace {

Image noise(int rows, int cols) {
  Image image(rows, cols, CV_8UC3);
  cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

Image applied(const std::vector<Draw>& draws, bool fold, const Image& image, std::uint64_t seed = 1) {
  Rng rng(seed, {});
  return pipeline(draws, fold).apply(image.clone(), rng).image;
}

double difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.size(), b.size());
  return cv::norm(a, b, cv::NORM_INF);
}

Table brighter(int by) {
  Table table;
  for (auto& channel : table.values)
    for (int value = 0; value < 256; ++value)
      channel[static_cast<std::size_t>(value)] = cv::saturate_cast<std::uint8_t>(value + by);
  return table;
}

Warp rotation(cv::Size size, double degrees, const Border& border) {
  const double c = std::cos(degrees * std::numbers::pi / 180);
  const double s = std::sin(degrees * std::numbers::pi / 180);
  const double x = (size.width - 1) / 2.0;
  const double y = (size.height - 1) / 2.0;
  return {{c, -s, x - c * x + s * y, s, c, y - s * x - c * y}, size, border};
}

TEST(Pipeline, FlipsExactly) {
  const Image image = noise(37, 53);
  Image expected;
  cv::flip(image, expected, 1);
  EXPECT_EQ(difference(applied({[](cv::Size size, Rng&) { return flip(size); }}, true, image), expected), 0);
  cv::flip(image, expected, -1);
  const auto upside_down = [](cv::Size size, Rng&) {
    return Warp{{-1, 0, size.width - 1.0, 0, -1, size.height - 1.0}, size, {}};
  };
  EXPECT_EQ(difference(applied({upside_down}, true, image), expected), 0);
}

TEST(Pipeline, CropsAndShiftsExactly) {
  const Image image = noise(37, 53);
  const cv::Rect part(5, 7, 20, 30);
  EXPECT_EQ(difference(applied({[&](cv::Size, Rng&) { return crop(part); }}, true, image), image(part)), 0);

  const auto padded = [](cv::Size size, Rng&) {
    return Warp{{1, 0, -4, 0, 1, -3}, size, Border{cv::BORDER_CONSTANT, {1, 2, 3}}};
  };
  Image expected;
  cv::copyMakeBorder(image, expected, 3, 0, 4, 0, cv::BORDER_CONSTANT, {1, 2, 3});
  EXPECT_EQ(difference(applied({padded}, true, image), expected({{0, 0}, image.size()})), 0);
}

TEST(Pipeline, FoldsFlipsAndCropsWithoutAnyDifference) {
  const Image image = noise(40, 40);
  const Border black;
  const std::vector<Draw> draws = {
      [](cv::Size size, Rng& rng) -> Action {
        if (rng.chance(0.5)) return {};
        return flip(size);
      },
      [&](cv::Size size, Rng& rng) {
        const auto shift = [&] { return static_cast<double>(rng.integer(-4, 4)); };
        return Warp{{1, 0, shift(), 0, 1, shift()}, size, black};
      },
      [](cv::Size size, Rng& rng) {
        return crop(
            {static_cast<int>(rng.integer(0, 8)), static_cast<int>(rng.integer(0, 8)), size.width - 8, size.height - 8});
      },
      [](cv::Size size, Rng&) { return flip(size); },
  };
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    EXPECT_EQ(difference(applied(draws, true, image, seed), applied(draws, false, image, seed)), 0) << seed;
}

TEST(Pipeline, FoldsTablesWithTheirClipping) {
  const Image image = noise(16, 16);
  const std::vector<Draw> draws = {[](cv::Size, Rng&) { return brighter(100); }, [](cv::Size, Rng&) { return brighter(-100); }};
  EXPECT_EQ(difference(applied(draws, true, image), applied(draws, false, image)), 0);
  EXPECT_GT(difference(applied(draws, true, image), image), 0) << "what was clipped stays clipped";
}

TEST(Pipeline, LooksUpEachChannelInItsOwnTable) {
  Table table = brighter(0);
  table.values[0].fill(1);
  table.values[2].fill(3);
  EXPECT_EQ(
      applied({[&](cv::Size, Rng&) { return table; }}, true, Image(2, 2, CV_8UC3, cv::Scalar(9, 8, 7))).at<cv::Vec3b>(1, 1),
      cv::Vec3b(1, 8, 3));
}

// Two rotations that cancel: folded they are nothing, step by step they blur and lose the corners.
TEST(Pipeline, InterpolatesOnceWhenFolded) {
  const Image image = noise(32, 32);
  const Border border{cv::BORDER_REFLECT_101, {}};
  const std::vector<Draw> draws = {[&](cv::Size size, Rng&) { return rotation(size, 30, border); },
                                   [&](cv::Size size, Rng&) { return rotation(size, -30, border); }};
  EXPECT_EQ(difference(applied(draws, true, image), image), 0);
  EXPECT_GT(difference(applied(draws, false, image), image), 20);
}

TEST(Pipeline, AppliesTheFirstOfTwoWarpsFirst) {
  const Image image = noise(32, 32);
  const std::vector<Draw> draws = {[](cv::Size, Rng&) {
                                     return crop({2, 3, 20, 10});
                                   },
                                   [](cv::Size size, Rng&) { return flip(size); }};
  Image expected;
  cv::flip(image({2, 3, 20, 10}), expected, 1);
  EXPECT_EQ(difference(applied(draws, true, image), expected), 0);
}

TEST(Pipeline, DoesNotFoldDifferentBorders) {
  const Image image(32, 32, CV_8UC3, cv::Scalar::all(50));
  const auto shifted_by_four = [](double shade) {
    return [=](cv::Size size, Rng&) {
      return Warp{{1, 0, -4, 0, 1, 0}, size, Border{cv::BORDER_CONSTANT, cv::Scalar::all(shade)}};
    };
  };
  const Image result = applied({shifted_by_four(0), shifted_by_four(255)}, true, image);
  EXPECT_EQ(result.at<cv::Vec3b>(0, 0), cv::Vec3b::all(255));
  EXPECT_EQ(result.at<cv::Vec3b>(0, 4), cv::Vec3b::all(0));
  EXPECT_EQ(result.at<cv::Vec3b>(0, 8), cv::Vec3b::all(50));
}

TEST(Pipeline, KeepsTheOrderOfTablesWarpsAndPixels) {
  const Image image(8, 8, CV_8UC3, cv::Scalar::all(50));
  const auto padded = [](cv::Size size, Rng&) { return Warp{{1, 0, -4, 0, 1, 0}, size, Border{}}; };
  const auto bright = [](cv::Size, Rng&) { return brighter(10); };
  const auto doubled = [](cv::Size, Rng&) { return Pixels([](const Image& pixels) { return Image(pixels * 2); }); };
  for (const bool fold : {true, false}) {
    const Image result = applied({bright, padded, bright, doubled, bright}, fold, image);
    EXPECT_EQ(result.at<cv::Vec3b>(0, 0), cv::Vec3b::all(30)) << fold;
    EXPECT_EQ(result.at<cv::Vec3b>(0, 7), cv::Vec3b::all(150)) << fold;
  }
}

TEST(Pipeline, TellsEachAugmentationTheSizeThatItWillGet) {
  std::vector<cv::Size> sizes;
  const auto note = [&](cv::Size size, Rng&) -> Action {
    sizes.push_back(size);
    return {};
  };
  const auto smaller = [](cv::Size, Rng&) { return crop({0, 0, 5, 6}); };
  const auto larger = [](cv::Size, Rng&) { return Pixels([](const Image&) { return noise(9, 9); }); };
  applied({note, smaller, note, larger, note}, true, noise(8, 8));
  EXPECT_EQ(sizes, (std::vector<cv::Size>{{8, 8}, {5, 6}, {9, 9}}));
}

}  // namespace
}  // namespace aviary::data
