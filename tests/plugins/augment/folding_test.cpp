// The folded result of the deck's pipeline beside the result step by step, on photographs: what docs/recipes.md
// states.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "data/decode.hpp"
#include "framework/recipe/recipes.hpp"
#include "plugins/augment/applied.hpp"

namespace {

using aviary::Image;
using aviary::Rng;
using aviary::test::photographs;

const std::string flip_and_rotate = "[[augment]]\ntype = \"horizontal_flip\"\n[[augment]]\ntype = \"rotate\"\nlimit = 30\n";
const std::string tables = "[[augment]]\ntype = \"random_brightness_contrast\"\n[[augment]]\ntype = \"random_gamma\"\n";
const std::string deck =
    flip_and_rotate + "[[augment]]\ntype = \"shift_scale_rotate\"\nshift_limit = 0.15\nscale_limit = 0.15\nrotate_limit = 0\n" +
    tables + "[[augment]]\ntype = \"resize\"\n";

aviary::data::Pipeline pipeline_of(const std::string& augment, bool fold) {
  const aviary::test::Recipes recipes;
  const auto recipe = recipes.read(aviary::test::least + augment);
  return aviary::data::make_pipeline(recipe.augment, 224, {.fold = fold, .output = {224, 224}});
}

// Mean difference in grey levels over the photographs, and the share of values that differ by more than 16.
std::pair<double, double> difference(const std::string& augment) {
  const auto folded = pipeline_of(augment, true);
  const auto step_by_step = pipeline_of(augment, false);
  double sum = 0;
  double far = 0;
  double values = 0;
  int number = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(photographs)) {
    if (!entry.is_regular_file() || ++number % 10 != 0) continue;
    Image image = aviary::data::decode(entry.path());
    cv::resize(image, image, {224, 224});
    Rng first(1, {static_cast<std::uint64_t>(number)});
    Rng second(1, {static_cast<std::uint64_t>(number)});
    cv::Mat apart;
    cv::absdiff(folded.apply(image.clone(), first).image, step_by_step.apply(image.clone(), second).image, apart);
    apart = apart.reshape(1);
    sum += cv::sum(apart)[0];
    far += cv::countNonZero(apart > 16);
    values += static_cast<double>(apart.total());
  }
  EXPECT_GT(number, 100);
  return {sum / values, far / values};
}

TEST(Folding, ChangesTheDecksPipelineByLessThanInterpolationDoes) {
  if (!std::filesystem::exists(photographs)) GTEST_SKIP() << "the photographs are not on this machine: " << photographs;
  const auto [mean, far] = difference(deck);
  EXPECT_LT(mean, 2);
  EXPECT_LT(far, 0.03);
  RecordProperty("mean", std::to_string(mean));
  RecordProperty("far", std::to_string(far));
  EXPECT_EQ(difference(tables), std::pair(0.0, 0.0));
  EXPECT_LT(difference(flip_and_rotate).first, 0.05) << "a flip moves pixels and blurs nothing";
}

}  // namespace
