#include "network/layers.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "framework/network/function_model.hpp"
#include "network/trace.hpp"
#include "plugins/made.hpp"

namespace {

using aviary::Model;
using aviary::network::Layer;
using aviary::network::Layers;
using aviary::network::read_layers;
using aviary::network::trace;
using aviary::test::FunctionModel;
using aviary::test::made;
using Shape = std::vector<std::int64_t>;

Layers layers_of(Model& model, std::int64_t side = 8) { return read_layers(trace(model, {3, side, side})); }

TEST(Layers, StandInTheOrderInWhichTheyRunWithNameAndShape) {
  const auto model = made<Model>("wide_resnet", {{"depth", std::int64_t{10}}, {"width", std::int64_t{1}}}, {5, 3, 8});
  const auto layers = layers_of(*model).layers;
  ASSERT_GE(layers.size(), 4);
  EXPECT_EQ(layers[0].name, "f.0_convolution");
  EXPECT_EQ(layers[0].type, "conv");
  EXPECT_EQ(layers[0].detail, "3x3");
  EXPECT_EQ(layers[0].output, (Shape{16, 8, 8}));
  EXPECT_EQ(layers[0].parameters, 432);
  EXPECT_EQ(layers[0].multiply_adds, 432 * 64);
  EXPECT_EQ(layers[1].name, "f.1_block.block.0.norm_act.0_normalization");
  EXPECT_EQ(layers[1].type, "batch_norm");
  EXPECT_EQ(layers[1].parameters, 32);
  EXPECT_EQ(layers[1].multiply_adds, 0);
  EXPECT_EQ(layers[2].name, "f.1_block.block.0");  // between its norm and its convolution
  EXPECT_EQ(layers[2].type, "relu");
  EXPECT_EQ(layers.back().name, "f.8_classification");
  EXPECT_EQ(layers.back().type, "linear");
  EXPECT_EQ(layers.back().output, (Shape{5}));
  EXPECT_EQ(layers.back().multiply_adds, 5 * 64);
}

Layer only_layer(FunctionModel& model) {
  const auto layers = layers_of(model).layers;
  EXPECT_EQ(layers.size(), 1);
  return layers.at(0);
}

TEST(Layers, CountConvolutionsWithStrideAndGroups) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("conv.weight", {6, 1, 3, 5});
  model.function = [&](const at::Tensor& x) { return torch::conv2d(x, weight, {}, {2, 2}, {1, 2}, {1, 1}, 3); };
  const Layer layer = only_layer(model);
  EXPECT_EQ(layer.detail, "3x5/2 g3");
  EXPECT_EQ(layer.output, (Shape{6, 4, 4}));
  EXPECT_EQ(layer.multiply_adds, 6 * 4 * 4 * 3 * 5);
}

TEST(Layers, CountTransposedConvolutionsByTheirInput) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("up.weight", {3, 4, 2, 2});
  model.function = [&](const at::Tensor& x) { return torch::conv_transpose2d(x, weight, {}, {2, 2}); };
  const Layer layer = only_layer(model);
  EXPECT_EQ(layer.type, "conv_transpose");
  EXPECT_EQ(layer.output, (Shape{4, 16, 16}));
  EXPECT_EQ(layer.multiply_adds, (3 * 8 * 8) * (4 * 2 * 2));
}

TEST(Layers, CountLinearLayersHoweverTheyAreWritten) {
  const std::vector<std::function<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>> ways = {
      [](const auto& x, const auto& w, const auto& b) { return torch::linear(x, w, b); },
      [](const auto& x, const auto& w, const auto& b) { return torch::addmm(b, x, w.t()); },
      [](const auto& x, const auto& w, const auto& b) { return torch::matmul(x, w.t()) + b; },
      [](const auto& x, const auto& w, const auto& b) { return torch::mm(x, w.t()) + b; },
  };
  for (const auto& way : ways) {
    FunctionModel model;
    const at::Tensor weight = model.parameter("head.weight", {5, 192});
    const at::Tensor bias = model.parameter("head.bias", {5});
    model.function = [&](const at::Tensor& x) { return way(x.flatten(1), weight, bias); };
    const Layers layers = layers_of(model);
    EXPECT_EQ(layers.layers.at(0).type, "linear");
    EXPECT_EQ(layers.layers.at(0).name, "head");
    EXPECT_EQ(layers.parameters, 5 * 192 + 5);
    EXPECT_EQ(layers.multiply_adds, 5 * 192);
    EXPECT_EQ(layers.attention_multiply_adds, 0);
  }
}

TEST(Layers, TellTheProductsOfAttentionApart) {
  FunctionModel model;
  const at::Tensor qkv = model.parameter("attention.qkv.weight", {9, 3});
  const at::Tensor projection = model.parameter("attention.proj.weight", {3, 3});
  model.function = [&](const at::Tensor& x) {
    const auto parts = torch::linear(x.flatten(2).transpose(1, 2), qkv).chunk(3, -1);
    const at::Tensor weights = parts[0].matmul(parts[1].transpose(-2, -1)).softmax(-1);
    return torch::linear(weights.matmul(parts[2]), projection);
  };
  const Layers layers = layers_of(model);
  EXPECT_EQ(layers.multiply_adds - layers.attention_multiply_adds, 64 * 9 * 3 + 64 * 3 * 3);
  EXPECT_EQ(layers.attention_multiply_adds, 2 * 64 * 64 * 3);
  std::vector<std::string> types;
  for (const Layer& layer : layers.layers) types.push_back(layer.type);
  EXPECT_EQ(types, (std::vector<std::string>{"linear", "matmul", "softmax", "matmul", "linear"}));
  EXPECT_EQ(layers.layers[1].name, "attention");
}

TEST(Layers, CountASharedParameterOnceAndUnusedOnesInTheTotal) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("mix.weight", {3, 3, 1, 1});
  model.parameter("unused", {7});
  model.function = [&](const at::Tensor& x) { return torch::conv2d(torch::conv2d(x, weight), weight); };
  const Layers layers = layers_of(model);
  EXPECT_EQ(layers.layers.at(0).parameters, 9);
  EXPECT_EQ(layers.layers.at(1).parameters, 0);
  EXPECT_EQ(layers.layers.at(1).multiply_adds, 9 * 64);
  EXPECT_EQ(layers.parameters, 16);
}

TEST(Layers, FollowWeightsThatAreComputedFirst) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("block.conv.weight", {4, 3, 1, 1});
  const at::Tensor gamma = model.parameter("block.gamma", {4, 1, 1});
  model.function = [&](const at::Tensor& x) { return torch::conv2d(x, weight - weight.mean({1, 2, 3}, true)) * gamma; };
  const auto layers = layers_of(model).layers;
  ASSERT_EQ(layers.size(), 2);
  EXPECT_EQ(layers[0].name, "block.conv");
  EXPECT_EQ(layers[0].parameters, 12);
  EXPECT_EQ(layers[1].name, "block.gamma");  // `block` is not a layer: there is another one in it
  EXPECT_EQ(layers[1].parameters, 4);
}

}  // namespace
