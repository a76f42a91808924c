#include "training/gradients.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/error.hpp>

namespace {

using aviary::training::clip_gradients;

std::vector<at::Tensor> with_gradients() {
  std::vector<at::Tensor> parameters = {torch::zeros({2}), torch::zeros({1}), torch::zeros({1})};
  parameters[0].mutable_grad() = torch::tensor({3.0F, 0.0F});
  parameters[1].mutable_grad() = torch::tensor({-4.0F});  // the third has none
  return parameters;
}

TEST(ClipGradients, ScalesAllTogetherToTheNorm) {
  const auto parameters = with_gradients();
  clip_gradients(parameters, {.accumulate = 1, .clip_norm = 1.0, .clip_value = {}});
  EXPECT_NEAR(parameters[0].grad()[0].item<double>(), 0.6, 1e-6);
  EXPECT_NEAR(parameters[1].grad()[0].item<double>(), -0.8, 1e-6);
}

TEST(ClipGradients, LeavesSmallOnesAlone) {
  const auto parameters = with_gradients();
  clip_gradients(parameters, {.accumulate = 1, .clip_norm = 5.1, .clip_value = {}});
  EXPECT_EQ(parameters[0].grad()[0].item<double>(), 3);
}

TEST(ClipGradients, CutsEveryNumberToTheValue) {
  const auto parameters = with_gradients();
  clip_gradients(parameters, {.accumulate = 1, .clip_norm = {}, .clip_value = 3.5});
  EXPECT_EQ(parameters[0].grad()[0].item<double>(), 3);
  EXPECT_EQ(parameters[1].grad()[0].item<double>(), -3.5);
}

TEST(ClipGradients, StopsWhenTheNormIsNotFinite) {
  const auto parameters = with_gradients();
  parameters[1].mutable_grad()[0] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(clip_gradients(parameters, {.accumulate = 1, .clip_norm = 1.0, .clip_value = {}}), aviary::Error);
}

}  // namespace
