#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "plugins/augment/applied.hpp"

namespace {

using aviary::Image;
using aviary::Rng;
using aviary::test::equal;
using aviary::test::picture;
using aviary::test::pipeline_of;

TEST(HorizontalFlip, MirrorsLeftAndRightExactly) {
  const auto pipeline = pipeline_of("horizontal_flip", {{"probability", 1.0}}, 8);
  for (const int width : {1, 7, 8}) {
    const Image image = picture(width, 5);
    Image mirrored;
    cv::flip(image, mirrored, 1);
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
      Rng rng(1, {sample});
      EXPECT_TRUE(equal(pipeline.apply(image.clone(), rng).image, mirrored)) << width;
    }
  }
}

TEST(HorizontalFlip, HappensAsOftenAsAsked) {
  for (const double probability : {0.0, 0.25, 0.5, 1.0}) {
    const auto pipeline = pipeline_of("horizontal_flip", {{"probability", probability}}, 4);
    const Image image = picture(4, 4);
    int flips = 0;
    for (std::uint64_t sample = 0; sample < 4000; ++sample) {
      Rng rng(1, {sample});
      flips += equal(pipeline.apply(image.clone(), rng).image, image) ? 0 : 1;
    }
    EXPECT_NEAR(flips, 4000 * probability, probability == 0 || probability == 1 ? 0 : 150) << probability;
  }
}

}  // namespace
