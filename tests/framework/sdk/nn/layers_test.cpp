#include <aviary/nn/layers.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <aviary/error.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/nn/init.hpp>

#include "training/compute.hpp"

namespace {

namespace nn = aviary::nn;
namespace training = aviary::training;
using Sizes = std::vector<std::int64_t>;

// What backward() says of some numbers of `of`, against the slope of the loss between two points around each.
void expect_gradient(const std::function<at::Tensor()>& loss, const at::Tensor& of, const std::string& what) {
  of.mutable_grad() = at::Tensor();
  loss().backward();
  const at::Tensor gradient = of.grad().contiguous().view(-1);
  const torch::NoGradGuard no_gradients;
  const at::Tensor flat = of.view(-1);
  constexpr double step = 1e-5;
  for (std::int64_t i = 0; i < flat.numel(); i += std::max<std::int64_t>(1, flat.numel() / 7)) {
    const double value = flat[i].item<double>();
    flat[i] = value + step;
    const double above = loss().item<double>();
    flat[i] = value - step;
    const double below = loss().item<double>();
    flat[i] = value;
    const double slope = (above - below) / (2 * step);
    EXPECT_NEAR(gradient[i].item<double>(), slope, 1e-5 * std::max(1.0, std::abs(slope))) << what << " at " << i;
  }
}

void expect_gradients(nn::Layer& layer, const Sizes& shape) {
  torch::manual_seed(1);
  layer.to(torch::kFloat64);
  for (auto& parameter : layer.parameters()) nn::fill_normal(parameter, 0.5);
  at::Tensor x = torch::randn(shape, torch::kFloat64).requires_grad_();
  const at::Tensor weights = torch::randn_like(layer.forward(x));
  const auto loss = [&] {
    torch::manual_seed(2);  // the same drops every time
    return (layer.forward(x) * weights).sum();
  };
  expect_gradient(loss, x, "input");
  for (const auto& item : layer.named_parameters()) expect_gradient(loss, item.value(), item.key());
}

using nn::Activation;
using nn::Window;

TEST(Layers, HaveTheGradientsOfFiniteDifferences) {
  nn::Conv2d grouped(4, 6, {.size = 3, .stride = 2, .groups = 2, .bias = true});
  expect_gradients(grouped, {2, 4, 5, 7});
  for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6, Activation::silu}) {
    nn::ConvNormAct block(3, 5, {.size = 3}, activation);
    expect_gradients(block, {3, 3, 4, 4});
  }
  for (const auto& style : {nn::SqueezeExcite::efficientnet, nn::SqueezeExcite::rexnet}) {
    nn::SqueezeExcite block(6, 3, style);
    expect_gradients(block, {4, 6, 3, 3});
  }
  nn::LayerNorm norm(8);
  expect_gradients(norm, {2, 5, 8});
  nn::ClassifierHead head(6, 4, 0.3);
  expect_gradients(head, {3, 6, 2, 2});
}

TEST(Conv2d, RefusesOtherChannelsInASentence) {
  nn::Conv2d conv(3, 8);
  try {
    conv.forward(torch::zeros({1, 1, 4, 4}));
    FAIL();
  } catch (const aviary::Error& error) {
    EXPECT_STREQ(error.what(), "a convolution expects N x 3 x H x W, found 1 channels in 4 dimensions");
  }
}

// Largest difference, as a share of the largest number.
double difference(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return ((found.to(torch::kFloat64) - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST(Conv2d, ComputesTheSameInEvaluationWithoutGradients) {
  torch::manual_seed(6);
  const torch::NoGradGuard no_gradients;
  for (const nn::Window& window : std::vector<nn::Window>{{},
                                                          {.bias = true},
                                                          {.stride = 2},
                                                          {.size = 3},
                                                          {.size = 3, .stride = 2, .bias = true},
                                                          {.size = 7, .stride = 2},
                                                          {.size = 3, .groups = 3}}) {
    nn::Conv2d conv(15, 30, window);
    conv.eval();
    // Each shape twice, and the first one again.
    for (const Sizes& shape : std::vector<Sizes>{{2, 15, 9, 7}, {2, 15, 9, 7}, {1, 15, 12, 1}, {2, 15, 9, 7}}) {
      const at::Tensor x = torch::randn(shape).contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor bias = conv.bias.defined() ? conv.bias.to(torch::kFloat64) : at::Tensor();
      const at::Tensor expected = at::conv2d(x.to(torch::kFloat64), conv.weight.to(torch::kFloat64), bias, window.stride,
                                             window.size / 2, 1, window.groups);
      EXPECT_LE(difference(conv.forward(x), expected), 1e-5) << window.size << ' ' << window.stride << ' ' << window.groups;
      const training::Autocast autocast("bf16");
      const at::Tensor rounded = conv.forward(x);
      EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
      EXPECT_LE(difference(rounded, expected), 0.02) << window.size << ' ' << window.stride << ' ' << window.groups;
    }
  }
}

TEST(Linear, ComputesTheSameOfTokensInEvaluationWithoutGradients) {
  torch::manual_seed(7);
  const torch::NoGradGuard no_gradients;
  nn::Linear linear(24, 17);
  linear.eval();
  for (const std::int64_t tokens : {5, 5, 8}) {
    const at::Tensor x = torch::randn({3, tokens, 24});
    const at::Tensor expected =
        at::linear(x.to(torch::kFloat64), linear.weight.to(torch::kFloat64), linear.bias.to(torch::kFloat64));
    EXPECT_LE(difference(linear.forward(x), expected), 1e-5);
    const training::Autocast autocast("bf16");
    EXPECT_LE(difference(linear.forward(x), expected), 0.02);
  }
}

// However they come: an evaluation between two epochs must be that of the weights as they are then.
TEST(Conv2d, EvaluatesWithItsWeightsOfNow) {
  torch::manual_seed(8);
  const torch::NoGradGuard no_gradients;
  nn::Conv2d conv(4, 6, {.size = 3, .bias = true});
  const at::Tensor x = torch::randn({1, 4, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto expect_those_of_now = [&](const char* after) {
    EXPECT_LE(difference(conv.forward(x), at::conv2d(x, conv.weight, conv.bias, 1, 1).to(torch::kFloat64)), 1e-5) << after;
  };
  conv.eval();
  expect_those_of_now("the first weights");
  conv.weight.mul_(2);
  expect_those_of_now("an operation in place");
  conv.weight.set_data(torch::randn({6, 4, 3, 3}));
  conv.bias.set_data(torch::randn({6}));
  expect_those_of_now("other memory");
  conv.train(true);
  std::fill_n(conv.weight.data_ptr<float>(), conv.weight.numel(), 0.5F);
  conv.eval();
  expect_those_of_now("a step of an optimizer, which writes the numbers themselves");
}

// Debian 13's is switched off on processors where it is wrong.
TEST(Conv2d, LeavesOneDnnAloneWhereItIsSwitchedOff) {
  torch::manual_seed(9);
  const torch::NoGradGuard no_gradients;
  nn::Conv2d conv(32, 48, {.size = 3});
  conv.eval();
  const at::Tensor x = torch::randn({2, 32, 9, 9}).contiguous(at::MemoryFormat::ChannelsLast);
  const bool before = at::globalContext().userEnabledMkldnn();
  at::globalContext().setUserEnabledMkldnn(false);
  const at::Tensor y = conv.forward(x);
  const at::Tensor expected = at::conv2d(x, conv.weight, {}, 1, 1);
  at::globalContext().setUserEnabledMkldnn(before);
  EXPECT_TRUE(y.equal(expected)) << "other sums";
}

TEST(BatchNorm2d, MovesItsStatisticsInTrainingOnly) {
  nn::BatchNorm2d norm(2);
  const at::Tensor pictures = torch::randn({4, 2, 3, 3}) + 5;
  const torch::NoGradGuard no_gradients;
  norm.eval();
  norm.forward(pictures);
  EXPECT_EQ(norm.named_buffers()["running_mean"].abs().sum().item<double>(), 0);
  norm.train();
  norm.forward(pictures);
  EXPECT_NEAR(norm.named_buffers()["running_mean"][0].item<double>(), 0.1 * pictures.select(1, 0).mean().item<double>(), 1e-5);
  EXPECT_EQ(norm.named_buffers()["num_batches_tracked"].item<std::int64_t>(), 1);
}

TEST(BatchNorm2d, NormalisesABatchOfOneValueByTheRunningStatistics) {
  nn::BatchNorm2d norm(3);
  const at::Tensor pooled = torch::randn({1, 3, 1, 1});
  const torch::NoGradGuard no_gradients;
  norm.train();
  EXPECT_TRUE(norm.forward(pooled).allclose(pooled, 1e-4));
  for (const at::Tensor& buffer : norm.buffers()) EXPECT_TRUE(buffer.to(torch::kFloat).isfinite().all().item<bool>());
}

TEST(DropPath, DropsWholeSamplesAndKeepsTheMean) {
  torch::manual_seed(5);
  const at::Tensor ones = torch::ones({4000, 2, 3});
  const at::Tensor dropped = nn::drop_path(ones, 0.25, true);
  const at::Tensor per_sample = dropped.flatten(1);
  EXPECT_TRUE(per_sample.amax(1).equal(per_sample.amin(1)));
  EXPECT_NEAR(dropped.mean().item<double>(), 1, 0.05);
  EXPECT_NEAR((per_sample.amax(1) == 0).to(torch::kFloat).mean().item<double>(), 0.25, 0.03);
  EXPECT_TRUE(nn::drop_path(ones, 0.25, false).equal(ones));
}

TEST(MakeDivisible, RoundsToTheNearestMultipleButLosesNoMoreThanATenth) {
  EXPECT_EQ(nn::make_divisible(11, 8), 16);        // 8 would lose more than a tenth
  EXPECT_EQ(nn::make_divisible(40 * 1.1, 8), 48);  // a tie goes up
  EXPECT_EQ(nn::make_divisible(36, 8), 40);
  EXPECT_EQ(nn::make_divisible(35, 8), 32);
  EXPECT_EQ(nn::make_divisible(3, 8), 8);
}

TEST(SkipInit, LeavesValuesAndTheGeneratorAsTheyAre) {
  at::Tensor values = torch::ones({3});
  torch::manual_seed(1);
  const at::Tensor next = torch::rand({1});
  torch::manual_seed(1);
  {
    const nn::SkipInit skip;
    nn::fill_normal(values, 1);
    nn::fill_uniform(values, 1);
    nn::fill(values, 5);
  }
  EXPECT_TRUE(values.equal(torch::ones({3})));
  EXPECT_TRUE(torch::rand({1}).equal(next));
  nn::fill(values, 5);
  EXPECT_TRUE(values.equal(torch::full({3}, 5.0)));
}

}  // namespace
