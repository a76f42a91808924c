#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include <aviary/error.hpp>

#include "plugins/augment/applied.hpp"

namespace {

using aviary::Image;
using aviary::Rng;
using aviary::test::equal;
using aviary::test::picture;
using aviary::test::pipeline_of;

// All crops that 2000 draws give, each found among those of the framed picture; (-1, -1) stands for one that is not there.
std::set<std::pair<int, int>> offsets(const std::string& border, int type) {
  const auto pipeline = pipeline_of("random_crop", {{"padding", std::int64_t{2}}, {"border", border}}, 6);
  const Image image = picture(6, 6);
  Image framed;
  cv::copyMakeBorder(image, framed, 2, 2, 2, 2, type);
  std::set<std::pair<int, int>> found;
  for (std::uint64_t sample = 0; sample < 2000; ++sample) {
    Rng rng(1, {sample});
    const Image crop = pipeline.apply(image.clone(), rng).image;
    std::pair<int, int> place{-1, -1};
    for (int y = 0; y <= 4; ++y)
      for (int x = 0; x <= 4; ++x)
        if (equal(framed(cv::Rect(x, y, 6, 6)), crop)) place = {x, y};
    found.insert(place);
  }
  return found;
}

TEST(RandomCrop, TakesEveryPlaceOfTheFramedPictureAndNoOther) {
  std::set<std::pair<int, int>> all;
  for (int y = 0; y <= 4; ++y)
    for (int x = 0; x <= 4; ++x) all.emplace(x, y);
  EXPECT_EQ(offsets("constant", cv::BORDER_CONSTANT), all);
  EXPECT_EQ(offsets("reflect_101", cv::BORDER_REFLECT_101), all);
}

TEST(RandomCrop, CutsOutTheAskedSize) {
  const auto pipeline =
      pipeline_of("random_crop", {{"padding", std::int64_t{0}}, {"height", std::int64_t{3}}, {"width", std::int64_t{3}}}, 6);
  Rng rng(1, {});
  EXPECT_EQ(pipeline.apply(picture(6, 6), rng).image.size(), cv::Size(3, 3));
}

TEST(RandomCrop, NeverHappensAtProbabilityZero) {
  const auto pipeline = pipeline_of("random_crop", {{"probability", 0.0}}, 6);
  for (std::uint64_t sample = 0; sample < 50; ++sample) {
    Rng rng(1, {sample});
    EXPECT_TRUE(equal(pipeline.apply(picture(6, 6), rng).image, picture(6, 6)));
  }
}

TEST(RandomCrop, RefusesASizeLargerThanTheFramedPictureWhereTheRecipeNamesIt) {
  const aviary::test::Recipes recipes;
  const auto with = [&](const std::string& settings) {
    return recipes.complaints(aviary::test::least + "[[augment]]\ntype = \"random_crop\"\npadding = 1\n" + settings,
                              {"data.image_size=32"});
  };
  EXPECT_EQ(with("height = 34\nwidth = 32\n"), "fine");
  EXPECT_EQ(with("height = 35\nwidth = 32\nprobability = 0\n"),
            "r.toml:9:8: augmentation random_crop (" AVIARY_PREFIX
            "/lib/aviary/plugins/crop.so): a crop of 32 x 35 is larger than the picture with its padding, 34 x 34");
}

}  // namespace
