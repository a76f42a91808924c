#include "network/trace.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/utils.h>

#include <aviary/error.hpp>

#include "framework/network/function_model.hpp"
#include "plugins/made.hpp"

namespace {

using aviary::Error;
using aviary::Model;
using aviary::network::check_trace;
using aviary::network::PictureSize;
using aviary::network::trace;
using aviary::test::FunctionModel;
using aviary::test::made;
using aviary::test::message_of;

constexpr PictureSize picture_size = {3, 16, 16};

// Random, where the classifier begins as zero.
std::unique_ptr<Model> wide_resnet() {
  torch::manual_seed(3);
  auto model =
      made<Model>("wide_resnet", {{"depth", std::int64_t{10}}, {"width", std::int64_t{1}}, {"dropout", 0.5}}, {5, 3, 16});
  const torch::NoGradGuard no_gradients;
  for (at::Tensor& parameter : model->parameters()) parameter.add_(torch::randn_like(parameter), 0.1);
  for (at::Tensor& buffer : model->buffers())
    if (buffer.is_floating_point()) buffer.add_(torch::rand_like(buffer));
  return model;
}

TEST(Trace, GivesTheModelsLogitsForAnyNumberOfPictures) {
  const auto model = wide_resnet();
  torch::jit::Module traced = trace(*model, picture_size);
  model->eval();
  for (const std::int64_t count : {1, 3, 8}) {
    const at::Tensor images = torch::randn({count, 3, 16, 16});
    EXPECT_TRUE(traced.forward({images}).toTensor().equal(model->forward(images))) << count;
  }
}

TEST(Trace, HasTheModelsOwnTensorsUnderTheirNames) {
  const auto model = wide_resnet();
  const torch::jit::Module traced = trace(*model, picture_size);
  std::size_t count = 0;
  for (const auto& item : traced.named_parameters()) {
    const auto parameters = model->named_parameters();
    const at::Tensor* const own = parameters.find(item.name);
    ASSERT_NE(own, nullptr) << item.name;
    EXPECT_TRUE(item.value.is_same(*own)) << item.name;
    ++count;
  }
  EXPECT_EQ(count, model->parameters().size());
  EXPECT_EQ(traced.named_buffers().size(), model->buffers().size());
}

TEST(Trace, LeavesTheModelInTheModeItWasIn) {
  const auto model = wide_resnet();
  trace(*model, picture_size);
  EXPECT_TRUE(model->is_training());
  EXPECT_TRUE(model->forward(torch::randn({2, 3, 16, 16})).requires_grad());
  model->eval();
  trace(*model, picture_size);
  EXPECT_FALSE(model->is_training());
}

TEST(Trace, NormalisesInFront) {
  const auto model = wide_resnet();
  torch::jit::Module traced = trace(*model, picture_size, {{{0.4, 0.5, 0.6}, {0.2, 0.3, 0.25}}});
  model->eval();
  const at::Tensor colors = torch::rand({3, 3, 16, 16});
  const at::Tensor normalised =
      (colors - torch::tensor({0.4F, 0.5F, 0.6F}).view({3, 1, 1})) / torch::tensor({0.2F, 0.3F, 0.25F}).view({3, 1, 1});
  EXPECT_TRUE(traced.forward({colors}).toTensor().allclose(model->forward(normalised), 1e-5, 1e-6));
}

TEST(Trace, PassesTheCheckWhenForwardFollowsTheRules) {
  const auto model = wide_resnet();
  torch::jit::Module traced = trace(*model, picture_size);
  EXPECT_NO_THROW(check_trace(traced, *model, picture_size));
}

TEST(Trace, RefusesAModelThatUsesTheNumberOfPictures) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("head.weight", {5, 768});
  model.function = [&](const at::Tensor& x) { return torch::linear(x.view({x.size(0), -1}), weight); };
  torch::jit::Module traced = trace(model, picture_size);
  EXPECT_EQ(
      message_of<Error>([&] { check_trace(traced, model, picture_size); }),
      "recorded with one picture, the model does not run with three: its forward() uses their number as a plain number, as "
      "x.size(0) is; write flatten(1), mean({2, 3}) or view({-1, ...})");
}

TEST(Trace, RefusesAModelThatComputesThroughPointers) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("head.weight", {5, 768});
  model.function = [&](const at::Tensor& x) {
    const at::Tensor doubled = torch::zeros_like(x);
    for (std::int64_t i = 0; i < x.numel(); ++i) doubled.data_ptr<float>()[i] = 2 * x.data_ptr<float>()[i];
    return torch::linear(doubled.flatten(1), weight);
  };
  torch::jit::Module traced = trace(model, picture_size);
  EXPECT_EQ(
      message_of<Error>([&] { check_trace(traced, model, picture_size); }),
      "recorded, the model gives other logits than forward(): LibTorch does not see what is computed through data pointers; "
      "compute with LibTorch's operations while torch::jit::tracer::isTracing()");
}

}  // namespace
