#include "network/memory.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/utils.h>

#include "framework/network/allocated.hpp"
#include "framework/network/function_model.hpp"
#include "network/trace.hpp"
#include "plugins/made.hpp"

namespace {

using aviary::Model;
using aviary::network::activation_bytes;
using aviary::network::ActivationBytes;
using aviary::network::trace;
using aviary::test::allocated_in_evaluation;
using aviary::test::FunctionModel;
using aviary::test::kept_in_training;
using aviary::test::made;

void expect_near(std::int64_t found, std::int64_t allocated, double share) {
  EXPECT_NEAR(static_cast<double>(found), static_cast<double>(allocated), share * static_cast<double>(allocated));
}

TEST(Memory, IsWhatLibTorchKeepsForTheBackwardPassOfAWideResnet) {
  for (const double dropout : {0.0, 0.3}) {
    const auto model = made<Model>(
        "wide_resnet", {{"depth", std::int64_t{16}}, {"width", std::int64_t{2}}, {"dropout", dropout}}, {10, 3, 32});
    const ActivationBytes bytes = activation_bytes(trace(*model, {3, 32, 32}));
    expect_near(4 * bytes.backward, kept_in_training(*model, torch::randn({4, 3, 32, 32})), 0.01);
  }
}

// Every kind of rule: convolution, norm, activations, a gate, attention over views that copy, a pooling, a constant factor.
struct Mixed {
  FunctionModel model;
  at::Tensor stem = model.parameter("stem.weight", {16, 3, 3, 3});
  at::Tensor scale = model.parameter("norm.weight", {16});
  at::Tensor gate = model.parameter("gate.weight", {16, 16, 1, 1});
  at::Tensor qkv = model.parameter("qkv.weight", {48, 16});
  at::Tensor head = model.parameter("head.weight", {10, 16});

  Mixed() {
    model.function = [this](const at::Tensor& images) {
      at::Tensor x = torch::conv2d(images * 2, stem, {}, 1, 1);
      x = torch::silu(torch::batch_norm(x, scale, {}, {}, {}, true, 0.1, 1e-5, false));
      x = x * torch::sigmoid(torch::conv2d(x.mean({2, 3}, true), gate));
      x = torch::hardtanh(torch::max_pool2d(x, 2) + 1, 0, 6);
      const auto parts = torch::linear(x.flatten(2).transpose(1, 2), qkv).chunk(3, -1);
      const at::Tensor attention = (parts[0].matmul(parts[1].transpose(-2, -1)) * 0.25).softmax(-1);
      x = attention.matmul(parts[2]).transpose(1, 2).reshape({-1, 16, 8, 8});
      return torch::linear(torch::relu(x).mean({2, 3}), head);
    };
  }
};

TEST(Memory, IsWhatLibTorchKeepsForTheBackwardPassOfAMixedNetwork) {
  Mixed mixed;
  const ActivationBytes bytes = activation_bytes(trace(mixed.model, {3, 16, 16}));
  expect_near(4 * bytes.backward, kept_in_training(mixed.model, torch::randn({4, 3, 16, 16})), 0.03);
}

TEST(Memory, OfAForwardPassIsTheMostThatIsAliveAtOnce) {
  FunctionModel model;
  model.parameter("unused", {1});
  model.function = [](const at::Tensor& x) { return x.exp().repeat({1, 4, 1, 1}).relu_().mean({2, 3}); };
  // 3 x 64 numbers in, 3 x 64 from exp, 12 x 64 repeated and kept in place.
  EXPECT_EQ(activation_bytes(trace(model, {3, 8, 8})).forward, 4 * 64 * (3 + 3 + 12));
}

TEST(Memory, OfAForwardPassIsWhatLibTorchAllocatesForANetworkWithoutConvolutions) {
  FunctionModel model;
  const at::Tensor first = model.parameter("first.weight", {64, 192});
  const at::Tensor second = model.parameter("second.weight", {10, 64});
  model.function = [&](const at::Tensor& x) {
    at::Tensor hidden = torch::linear(x.flatten(1), first);
    hidden = torch::tanh(hidden);
    return torch::linear(hidden, second);
  };
  const at::Tensor images = torch::randn({16, 3, 8, 8});
  expect_near(16 * activation_bytes(trace(model, {3, 8, 8})).forward, allocated_in_evaluation(model, images), 0.02);
}

}  // namespace
