#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include "training/gradient_scale.hpp"
#include "training/gradients.hpp"

namespace {

using aviary::training::GradientScale;

// Two parameters, of which one takes this gradient.
std::vector<at::Tensor> parameters_with(double gradient) {
  std::vector<at::Tensor> parameters = {torch::zeros({2}).requires_grad_(), torch::zeros({3}).requires_grad_()};
  parameters[0].mutable_grad() = torch::full({2}, gradient);
  return parameters;
}

TEST(GradientScale, DividesByWhatTheLossWasMultipliedBy) {
  GradientScale scale("fp16");
  EXPECT_EQ(scale.factor(), 65536);
  const auto parameters = parameters_with(0.25 * scale.factor());
  EXPECT_TRUE(scale.divide(parameters));
  EXPECT_TRUE(parameters[0].grad().equal(torch::full({2}, 0.25)));
  EXPECT_FALSE(parameters[1].grad().defined());
}

TEST(GradientScale, AsksForThePassAgainWithHalfOfItWhenAGradientOverflows) {
  GradientScale scale("fp16");
  EXPECT_FALSE(scale.divide(parameters_with(std::numeric_limits<double>::infinity())));
  EXPECT_EQ(scale.factor(), 32768);
  EXPECT_TRUE(scale.divide(parameters_with(1)));
  EXPECT_EQ(scale.factor(), 32768);
}

TEST(GradientScale, GrowsAfterManyPassesThatDoNot) {
  GradientScale scale("fp16");
  EXPECT_FALSE(scale.divide(parameters_with(std::numeric_limits<double>::quiet_NaN())));
  for (int pass = 0; pass < 1999; ++pass) EXPECT_TRUE(scale.divide(parameters_with(1)));
  EXPECT_EQ(scale.factor(), 32768);
  EXPECT_TRUE(scale.divide(parameters_with(1)));
  EXPECT_EQ(scale.factor(), 65536);
}

TEST(GradientScale, GivesUpWhereNoFactorHelps) {
  GradientScale scale("fp16");
  const auto endless = [&] {
    while (!scale.divide(parameters_with(std::numeric_limits<double>::quiet_NaN())))
      ;
  };
  EXPECT_THROW(endless(), aviary::training::Diverged);
}

TEST(GradientScale, IsOneInOtherPrecisions) {
  GradientScale scale("bf16");
  const auto parameters = parameters_with(std::numeric_limits<double>::infinity());
  EXPECT_TRUE(scale.divide(parameters));
  EXPECT_EQ(scale.factor(), 1);
}

}  // namespace
