#include <string>
#include <vector>

#include <ATen/record_function.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <aviary/model.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Model;
using aviary::test::made;

std::unique_ptr<Model> network(std::int64_t depth, std::int64_t width, bool extra_unit, double dropout = 0,
                               const std::string& stem = "small", std::int64_t classes = 400) {
  return made<Model>("wide_resnet",
                     {{"depth", depth}, {"width", width}, {"extra_unit", extra_unit}, {"dropout", dropout}, {"stem", stem}},
                     {classes, 3, 32});
}

std::int64_t parameters(const Model& model) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : model.parameters()) count += parameter.numel();
  return count;
}

TEST(WideResnet, HasThePapersNumbersOfParameters) {
  EXPECT_EQ(parameters(*network(40, 2, false)), 2'293'856);
  EXPECT_EQ(parameters(*network(28, 3, false)), 3'369'312);
  EXPECT_EQ(parameters(*network(10, 5, false)), 1'993'504);
  EXPECT_EQ(parameters(*network(16, 4, false)), 2'849'120);
}

TEST(WideResnet, LinearLayerStartsAtZero) {
  const auto model = network(10, 1, false, 0, "small", 7);
  const torch::NoGradGuard no_gradients;
  EXPECT_TRUE(model->forward(torch::rand({2, 3, 32, 32})).equal(torch::zeros({2, 7})));
  EXPECT_EQ(model->named_parameters()[model->classifier() + ".weight"].sizes(), (std::vector<std::int64_t>{7, 64}));
}

// The classifier starts at zero, so that without other weights every logit would be.
void shake(Model& model) {
  const torch::NoGradGuard no_gradients;
  model.named_parameters()[model.classifier() + ".weight"].normal_();
}

// Widths of what each convolution is given, in the order of their calls.
std::vector<std::int64_t> convolved;

std::unique_ptr<at::ObserverContext> note_convolution(const at::RecordFunction& call) {
  if (std::string(call.name()) == "aten::conv2d") convolved.push_back(call.inputs()[0].toTensor().size(3));
  return nullptr;
}

std::vector<std::int64_t> widths_of_convolutions(Model& model, std::int64_t size) {
  convolved.clear();
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(note_convolution).needsInputs(true));
  model.forward(torch::rand({1, 3, size, size}));
  at::removeCallback(handle);
  return convolved;
}

TEST(WideResnet, LargeStemHalvesTwice) {
  const torch::NoGradGuard no_gradients;
  using Widths = std::vector<std::int64_t>;
  const Widths small = {64, 64, 64, 64, 64, 32, 64, 32, 16, 32};
  const Widths large = {64, 16, 16, 16, 16, 8, 16, 8, 4, 8};
  EXPECT_EQ(widths_of_convolutions(*network(10, 1, false, 0, "small", 5), 64), small);
  EXPECT_EQ(widths_of_convolutions(*network(10, 1, false, 0, "large", 5), 64), large);
}

TEST(WideResnet, DropoutFollowsTrainingAndEvaluation) {
  const auto model = network(10, 1, false, 0.5, "small", 5);
  shake(*model);
  const torch::NoGradGuard no_gradients;
  const at::Tensor pictures = torch::rand({4, 3, 16, 16});
  model->eval();
  EXPECT_TRUE(model->forward(pictures).equal(model->forward(pictures)));
  model->train();
  EXPECT_FALSE(model->forward(pictures).equal(model->forward(pictures)));
}

}  // namespace
