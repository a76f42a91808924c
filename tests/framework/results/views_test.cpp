#include "results/views.hpp"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

namespace {

using aviary::results::mean_over_views;
using aviary::results::Views;
using aviary::results::views_of;

at::Tensor numbered(std::int64_t size) { return at::arange(3 * size * size, at::kFloat).view({1, 3, size, size}); }

TEST(Views, CropsAreOfTheSizeThatWasAskedFor) {
  const Views crop5{.flip = false, .crop5 = true};
  for (const std::int64_t size : {7, 8, 32, 64, 128, 224}) {
    const std::vector<at::Tensor> views = views_of(numbered(crop5.picture_size(size)), crop5);
    ASSERT_EQ(views.size(), 5);
    for (const at::Tensor& view : views) EXPECT_EQ(view.size(2), size);
  }
}

TEST(Views, CornersAndTheMiddle) {
  const at::Tensor picture = numbered(8);
  const std::vector<at::Tensor> views = views_of(picture, {.flip = true, .crop5 = true});
  ASSERT_EQ(views.size(), 10);
  EXPECT_TRUE(at::equal(views[0], picture.narrow(2, 0, 7).narrow(3, 0, 7)));
  EXPECT_TRUE(at::equal(views[1], picture.narrow(2, 0, 7).narrow(3, 1, 7)));
  EXPECT_TRUE(at::equal(views[2], picture.narrow(2, 1, 7).narrow(3, 0, 7)));
  EXPECT_TRUE(at::equal(views[3], picture.narrow(2, 1, 7).narrow(3, 1, 7)));
  EXPECT_TRUE(at::equal(views[5], views[0].flip(3)));
}

TEST(Views, AreAveragedByProbability) {
  // A model of two classes that looks at the corner alone.
  const auto corner = [](const at::Tensor& images) {
    const at::Tensor value = images.select(1, 0).select(1, 0).select(1, 0);
    return at::stack({value, value.mul(0)}, 1);
  };
  const at::Tensor logits = mean_over_views(numbered(2), {.flip = true, .crop5 = false}, corner);
  const double expected = (0.5 + 1 / (1 + std::exp(-1.0))) / 2;
  EXPECT_NEAR(std::exp(logits[0][0].item<double>()), expected, 1e-9);
}

}  // namespace
