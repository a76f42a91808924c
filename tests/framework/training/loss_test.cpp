#include "training/loss.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::training::Loss;

const at::Tensor logits_of_two = torch::tensor({{2.0, 0.0, -1.0}, {0.5, 1.5, 0.0}});
const at::Tensor classes_of_two = torch::tensor({0, 2}, torch::kLong);

double value(const aviary::recipe::Loss& settings, const std::vector<std::int64_t>& counts = {}) {
  return Loss(settings, 3, counts)(logits_of_two.to(torch::kFloat), classes_of_two).item<double>();
}

// -log of the right class's probability, for each row.
double surprise(int row) {
  const at::Tensor p = logits_of_two[row].softmax(0);
  return -std::log(p[classes_of_two[row].item<std::int64_t>()].item<double>());
}

TEST(Loss, IsCrossEntropyUnlessSaidOtherwise) { EXPECT_NEAR(value({}), (surprise(0) + surprise(1)) / 2, 1e-6); }

TEST(Loss, ProbabilitiesGiveTheSameAsTheClassTheyAreSureOf) {
  const at::Tensor sure = torch::tensor({{1.0F, 0.0F, 0.0F}, {0.0F, 0.0F, 1.0F}});
  aviary::recipe::Loss focal;
  focal.type = "focal";
  for (const aviary::recipe::Loss& settings : {aviary::recipe::Loss(), focal}) {
    const Loss loss(settings, 3, {});
    EXPECT_NEAR(loss(logits_of_two.to(torch::kFloat), sure).item<double>(), value(settings), 1e-6);
  }
}

TEST(Loss, FocalCountsLessWhatIsRightAlready) {
  aviary::recipe::Loss settings;
  settings.type = "focal";
  settings.gamma = 2;
  double expected = 0;
  for (int row = 0; row < 2; ++row) expected += std::pow(1 - std::exp(-surprise(row)), 2) * surprise(row) / 2;
  EXPECT_NEAR(value(settings), expected, 1e-6);
  settings.gamma = 0;
  EXPECT_NEAR(value(settings), value({}), 1e-6);
}

TEST(Loss, ClassWeightsAreThoseOfPyTorch) {
  aviary::recipe::Loss settings;
  settings.class_weights = {{1, 1, 3}};
  EXPECT_NEAR(value(settings), (surprise(0) + 3 * surprise(1)) / 4, 1e-6);
}

TEST(Loss, BalancedWeightsAreTheInverseOfThePictures) {
  aviary::recipe::Loss settings;
  settings.balanced = true;
  EXPECT_NEAR(value(settings, {30, 10, 10}), (surprise(0) + 3 * surprise(1)) / 4, 1e-6);
}

TEST(Loss, RefusesAnotherNumberOfWeights) {
  aviary::recipe::Loss settings;
  settings.class_weights = {{1, 2}};
  EXPECT_EQ(aviary::test::message_of<aviary::Error>([&] { Loss(settings, 3, {}); }),
            "loss.class_weights holds 2 numbers; expected one for each of the 3 outputs");
}

}  // namespace
