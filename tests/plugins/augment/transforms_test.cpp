// Each transform with its random range closed to one value, against what albumentations calls for it: exact, but for what is
// interpolated. On noise, and on photographs where they are on this machine.
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "data/decode.hpp"
#include "plugins/augment/applied.hpp"

namespace {

using aviary::Image;
using aviary::Rng;
using aviary::test::photographs;
using aviary::test::pipeline_of;
using aviary::test::Settings;
using Numbers = std::vector<double>;
using Peer = std::function<Image(const Image&)>;

struct TransformCase {
  std::string name;
  Settings settings;
  Peer peer;
  double mean_difference = 0;  ///< allowed, in grey levels

  friend std::ostream& operator<<(std::ostream& out, const TransformCase& c) { return out << c.name; }
};

Peer table(const std::function<double(double)>& of) {
  return [of](const Image& image) {
    cv::Mat values(1, 256, CV_8U);
    for (int v = 0; v < 256; ++v) values.at<std::uint8_t>(v) = static_cast<std::uint8_t>(std::clamp(of(v), 0.0, 255.0));
    Image result;
    cv::LUT(image, values, result);
    return result;
  };
}

Image turned(const Image& image, double angle, double scale, double shift) {
  cv::Mat matrix = cv::getRotationMatrix2D(cv::Point2f(cv::Point2d(image.cols - 1, image.rows - 1) / 2), angle, scale);
  matrix.at<double>(0, 2) += shift * image.cols;
  matrix.at<double>(1, 2) += shift * image.rows;
  Image result;
  cv::warpAffine(image, result, matrix, image.size(), cv::INTER_LINEAR, cv::BORDER_REFLECT_101);
  return result;
}

Image hsv_shifted(const Image& image) {
  Image result;
  cv::cvtColor(image, result, cv::COLOR_RGB2HSV);
  std::vector<cv::Mat> channels;
  cv::split(result, channels);
  channels[0] = table([](double v) { return std::fmod(v + 20, 180); })(channels[0]);
  for (const int i : {1, 2})
    channels[static_cast<std::size_t>(i)] = table([](double v) { return v + 20; })(channels[static_cast<std::size_t>(i)]);
  cv::merge(channels, result);
  cv::cvtColor(result, result, cv::COLOR_HSV2RGB);
  return result;
}

Image equalized(const Image& image) {
  std::vector<cv::Mat> channels;
  cv::split(image, channels);
  for (cv::Mat& channel : channels) cv::equalizeHist(channel, channel);
  Image result;
  cv::merge(channels, result);
  return result;
}

Image padded(const Image& image) {
  const int high = std::max(0, 512 - image.rows);
  const int wide = std::max(0, 512 - image.cols);
  Image result;
  cv::copyMakeBorder(image, result, high / 2, high - high / 2, wide / 2, wide - wide / 2, cv::BORDER_REFLECT_101);
  return result;
}

Peer resized(int width, int height) {
  return [=](const Image& image) {
    Image result;
    cv::resize(image, result, {width, height});
    return result;
  };
}

std::vector<TransformCase> transform_cases() {
  const auto flipped = [](int code) {
    return [code](const Image& image) {
      Image result;
      cv::flip(image, result, code);
      return result;
    };
  };
  const auto gray = [](const Image& image) {
    Image result;
    cv::cvtColor(image, result, cv::COLOR_RGB2GRAY);
    cv::cvtColor(result, result, cv::COLOR_GRAY2RGB);
    return result;
  };
  const auto blurred = [](const Image& image) {
    Image result;
    cv::GaussianBlur(image, result, {5, 5}, 0);
    return result;
  };
  const Numbers nothing = {0, 0};
  const Numbers hundred = {100, 100};
  const Numbers twenty = {20, 20};
  return {
      {"horizontal_flip", {}, flipped(1)},
      {"vertical_flip", {}, flipped(0)},
      {"rotate", {{"limit", Numbers{-45, -45}}}, [](const Image& image) { return turned(image, -45, 1, 0); }, 1},
      {"shift_scale_rotate",
       {{"shift_limit", Numbers{0.2, 0.2}}, {"scale_limit", Numbers{1, 1}}, {"rotate_limit", Numbers{-45, -45}}},
       [](const Image& image) { return turned(image, -45, 2, 0.2); },
       1},
      {"random_brightness_contrast",
       {{"brightness_limit", Numbers{0.5, 0.5}}, {"contrast_limit", nothing}},
       table([](double v) { return v + 127.5; })},
      {"random_brightness_contrast",
       {{"brightness_limit", nothing}, {"contrast_limit", Numbers{0.5, 0.5}}},
       table([](double v) { return 1.5 * v; })},
      {"random_brightness_contrast",
       {{"brightness_limit", Numbers{0.5, 0.5}}, {"contrast_limit", Numbers{0.5, 0.5}}},
       table([](double v) { return 1.5 * v + 127.5; })},
      {"rgb_shift", {{"r_shift_limit", hundred}, {"g_shift_limit", hundred}, {"b_shift_limit", hundred}}, table([](double v) {
         return v + 100;
       })},
      {"hue_saturation_value",
       {{"hue_shift_limit", twenty}, {"sat_shift_limit", twenty}, {"val_shift_limit", twenty}},
       hsv_shifted},
      {"random_gamma", {{"gamma_limit", Numbers{50, 50}}}, table([](double v) {
         return std::pow(v * (1.0 / 255), 0.5) * 255;
       })},
      {"multiply", {{"multiplier", Numbers{1.5, 1.5}}}, table([](double v) { return 1.5 * v; })},
      {"posterize", {{"num_bits", std::int64_t{3}}}, table([](double v) { return static_cast<int>(v) / 32 * 32; })},
      {"solarize", {{"threshold", 100.0}}, table([](double v) { return v < 100 ? v : 255 - v; })},
      {"to_gray", {}, gray},
      {"equalize", {}, equalized},
      {"pad_if_needed", {{"min_height", std::int64_t{512}}, {"min_width", std::int64_t{512}}}, padded},
      {"resize", {{"height", std::int64_t{512}}, {"width", std::int64_t{512}}}, resized(512, 512), 0.2},
      {"resize", {{"height", std::int64_t{48}}, {"width", std::int64_t{41}}}, resized(41, 48), 0.2},
      {"gaussian_blur", {{"blur_limit", std::vector<std::int64_t>{5, 5}}}, blurred},
      {"center_crop",
       {{"height", std::int64_t{20}}, {"width", std::int64_t{30}}},
       [](const Image& image) {
         return image({(image.cols - 30) / 2, (image.rows - 20) / 2, 30, 20}).clone();
       }},
      {"random_sized_crop",
       {{"min_max_height", std::vector<std::int64_t>{20, 20}},
        {"w2h_ratio", 1.5},
        {"height", std::int64_t{64}},
        {"width", std::int64_t{64}}},
       nullptr},
  };
}

struct Transform : testing::TestWithParam<TransformCase> {
  static Image apply(const Image& image, std::uint64_t seed = 1) {
    Settings settings = GetParam().settings;
    settings.emplace_back("probability", 1.0);
    Rng rng(seed, {});
    return pipeline_of(GetParam().name, settings, 64).apply(image.clone(), rng).image;
  }

  static void expect_as_the_peer(const Image& image, const std::string& name) {
    if (!GetParam().peer) return;
    const Image found = apply(image);
    const Image expected = GetParam().peer(image);
    ASSERT_EQ(found.size(), expected.size()) << name;
    const double mean = cv::norm(found, expected, cv::NORM_L1) / static_cast<double>(3 * found.total());
    EXPECT_LE(mean, GetParam().mean_difference) << name;
  }
};

Image noise(int width, int height) {
  Image image(height, width, CV_8UC3);
  cv::RNG(5).fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

TEST_P(Transform, IsAlbumentationsOnNoise) {
  for (const cv::Size size : {cv::Size(53, 37), cv::Size(64, 64), cv::Size(111, 90)})
    expect_as_the_peer(noise(size.width, size.height), std::to_string(size.width));
}

TEST_P(Transform, IsAlbumentationsOnPhotographs) {
  if (!std::filesystem::exists(photographs)) GTEST_SKIP() << "the photographs are not on this machine: " << photographs;
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(photographs)) {
    if (!entry.is_regular_file() || ++seen % 25 != 0) continue;
    expect_as_the_peer(aviary::data::decode(entry.path()), entry.path());
  }
  EXPECT_GT(seen, 100);
}

INSTANTIATE_TEST_SUITE_P(All, Transform, testing::ValuesIn(transform_cases()),
                         [](const auto& each) { return each.param.name + "_" + std::to_string(each.index); });

TEST(RandomSizedCrop, IsAPartOfThePictureEnlarged) {
  const Image image = noise(60, 40);
  const auto pipeline = pipeline_of("random_sized_crop",
                                    {{"min_max_height", std::vector<std::int64_t>{20, 20}},
                                     {"w2h_ratio", 1.5},
                                     {"height", std::int64_t{64}},
                                     {"width", std::int64_t{64}}},
                                    64);
  std::set<std::pair<int, int>> places;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, {});
    const Image found = pipeline.apply(image.clone(), rng).image;
    for (int y = 0; y <= 20; ++y)
      for (int x = 0; x <= 30; ++x)
        if (cv::norm(found, resized(64, 64)(image({x, y, 30, 20})), cv::NORM_INF) <= 1) places.emplace(x, y);
  }
  EXPECT_GT(places.size(), 40);
}

TEST(RandomResizedCrop, KeepsToScaleAndRatio) {
  const auto augmentation = aviary::test::made<aviary::Augmentation>(
      "random_resized_crop", {{"scale", Numbers{0.2, 0.5}}, {"ratio", Numbers{0.5, 2}}}, {32});
  std::vector<double> areas;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed, {});
    const auto warp = std::get<aviary::Warp>(augmentation->draw({100, 80}, rng));
    EXPECT_EQ(warp.size, cv::Size(32, 32));
    const double width = warp.to_source(0, 0) * 32;
    const double height = warp.to_source(1, 1) * 32;
    areas.push_back(width * height / 8000);
    EXPECT_GE(warp.to_source(0, 2) - (warp.to_source(0, 0) - 1) / 2, -1e-9);
    EXPECT_GT(width / height, 0.45);
    EXPECT_LT(width / height, 2.2);
  }
  const auto [smallest, largest] = std::ranges::minmax(areas);
  EXPECT_NEAR(smallest, 0.2, 0.02);
  EXPECT_NEAR(largest, 0.5, 0.02);
}

Image changed(const std::string& name, Settings settings, const Image& image, std::uint64_t seed = 1) {
  settings.emplace_back("probability", 1.0);
  Rng rng(seed, {});
  return pipeline_of(name, settings, 64).apply(image.clone(), rng).image;
}

// Mean and standard deviation over all values.
std::pair<double, double> moments(const Image& image) {
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(image.reshape(1), mean, deviation);
  return {mean[0], deviation[0]};
}

TEST(MultiplicativeNoise, DrawsAUniformFactorForEveryValue) {
  const Image image(200, 200, CV_8UC3, cv::Scalar::all(200));
  const auto [mean, deviation] = moments(changed("multiplicative_noise", {{"multiplier", Numbers{0, 1}}}, image));
  EXPECT_NEAR(mean, 99.5, 0.5);
  EXPECT_NEAR(deviation, 200 / std::sqrt(12), 0.5);
}

TEST(GaussNoise, HasTheVarianceAskedFor) {
  const Image image(200, 200, CV_8UC3, cv::Scalar::all(128));
  const Image noisy = changed("gauss_noise", {{"var_limit", Numbers{100, 100}}}, image);
  const auto [mean, deviation] = moments(noisy);
  EXPECT_NEAR(mean, 128, 0.2);
  EXPECT_NEAR(deviation, 10, 0.15);
  // Neighbours know nothing of each other.
  cv::Mat values;
  noisy.reshape(1).convertTo(values, CV_32F, 1, -mean);
  const double products = values.colRange(0, 599).dot(values.colRange(1, 600)) / (200 * 599);
  EXPECT_NEAR(products, 0, 1.5);
}

TEST(CoarseDropout, CutsHolesOfTheSizesAskedFor) {
  const Image image(64, 64, CV_8UC3, cv::Scalar::all(255));
  const Image holed = changed("coarse_dropout",
                              {{"max_holes", std::int64_t{1}},
                               {"min_height", std::int64_t{3}},
                               {"max_height", std::int64_t{3}},
                               {"min_width", std::int64_t{5}},
                               {"max_width", std::int64_t{5}},
                               {"fill_value", Numbers{1, 2, 3}}},
                              image);
  cv::Mat hole;
  cv::inRange(holed, cv::Scalar(1, 2, 3), cv::Scalar(1, 2, 3), hole);
  EXPECT_EQ(cv::countNonZero(hole), 15);
  EXPECT_EQ(cv::boundingRect(hole).size(), cv::Size(5, 3));
}

TEST(RandomErasing, ReplacesTheShareAskedFor) {
  const Image image(100, 100, CV_8UC3, cv::Scalar::all(255));
  for (const std::string mode : {"constant", "random"})
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      cv::Mat kept;
      cv::inRange(changed("random_erasing", {{"scale", Numbers{0.1, 0.2}}, {"mode", mode}}, image, seed), cv::Scalar::all(255),
                  cv::Scalar::all(255), kept);
      EXPECT_NEAR(cv::countNonZero(kept), 8500, 650) << mode;
    }
}

// What bends a picture must leave a smooth one nearly as it is, and move a line.
TEST(Distortions, BendButKeepSizeAndColors) {
  Image image(96, 96, CV_8UC3);
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 96; ++x)
      image.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<std::uint8_t>(x / 8 % 2 == y / 8 % 2 ? 60 : 180));
  for (const std::string name : {"perspective", "grid_distortion", "optical_distortion", "elastic_transform"}) {
    Settings settings;
    if (name == "optical_distortion") settings = {{"distort_limit", Numbers{0.5, 0.5}}};
    const Image bent = changed(name, settings, image);
    ASSERT_EQ(bent.size(), image.size()) << name;
    EXPECT_GT(cv::norm(bent, image, cv::NORM_L1) / static_cast<double>(image.total() * 3), 2) << name;
    double darkest = 0;
    double brightest = 0;
    cv::minMaxLoc(bent.reshape(1), &darkest, &brightest);
    EXPECT_GE(darkest, 60) << name;
    EXPECT_LE(brightest, 180) << name;
    EXPECT_NEAR(moments(bent).first, moments(image).first, 12) << name;
  }
}

TEST(Perspective, IsNothingAtScaleZero) {
  const Image image = noise(40, 30);
  EXPECT_TRUE(aviary::test::equal(changed("perspective", {{"scale", Numbers{0, 0}}}, image), image));
  EXPECT_TRUE(aviary::test::equal(changed("grid_distortion", {{"distort_limit", Numbers{0, 0}}}, image), image));
}

TEST(Sharpen, IsTheKernelOfAlbumentations) {
  const Image image = noise(40, 30);
  Image expected;
  const cv::Matx33f kernel(-0.5F, -0.5F, -0.5F, -0.5F, 0.5F + 0.5F * 9, -0.5F, -0.5F, -0.5F, -0.5F);
  cv::filter2D(image, expected, -1, kernel);
  EXPECT_TRUE(
      aviary::test::equal(changed("sharpen", {{"alpha", Numbers{0.5, 0.5}}, {"lightness", Numbers{1, 1}}}, image), expected));
}

TEST(ColorJitter, ChangesWhatItsFactorsSay) {
  const Numbers none = {1, 1};
  const Numbers still = {0, 0};
  const Image image(8, 8, CV_8UC3, cv::Scalar(200, 100, 50));
  const auto jittered = [&](const Numbers& brightness, const Numbers& saturation) {
    return changed("color_jitter", {{"brightness", brightness}, {"contrast", none}, {"saturation", saturation}, {"hue", still}},
                   image)
        .at<cv::Vec3b>(0, 0);
  };
  EXPECT_NEAR(jittered({0.5, 0.5}, none)[0], 100, 2);
  const cv::Vec3b gray = jittered(none, {0, 0});
  EXPECT_NEAR(gray[0], gray[2], 1);
  EXPECT_NEAR(gray[0], 0.299 * 200 + 0.587 * 100 + 0.114 * 50, 2);
}

}  // namespace
