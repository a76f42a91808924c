#include <cmath>
#include <fstream>
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

TEST(WideResnet, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ(parameters(*network(40, 2, true)), 2'681'824);
  EXPECT_EQ(parameters(*network(28, 3, true)), 4'241'568);
  EXPECT_EQ(parameters(*network(10, 5, true)), 4'414'944);
  EXPECT_EQ(parameters(*network(16, 4, true)), 4'399'200);
  EXPECT_EQ(parameters(*network(40, 2, false)), 2'293'856);
  EXPECT_EQ(parameters(*network(28, 3, false)), 3'369'312);
  EXPECT_EQ(parameters(*network(10, 5, false)), 1'993'504);
  EXPECT_EQ(parameters(*network(16, 4, false)), 2'849'120);
}

// The rule that makes weights and pictures of the golden figures: number i of tensor t, in [-0.5, 0.5).
double u(std::uint32_t i, std::uint32_t t) {
  std::uint32_t h = i * 2654435761U + t * 40503U + 12345U;
  for (int twice = 0; twice < 2; ++twice) h = (h ^ h >> 16) * 73244475U;
  h ^= h >> 16;
  return (h >> 8) / 16777216.0 - 0.5;
}

at::Tensor made_by_rule(at::IntArrayRef shape, std::uint32_t t, double scale, double offset) {
  const at::Tensor tensor = torch::empty(shape, torch::kFloat64);
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    tensor.data_ptr<double>()[i] = offset + scale * u(static_cast<std::uint32_t>(i), t);
  return tensor;
}

struct Golden {
  const char* name;
  std::int64_t depth;
  std::int64_t width;
};

struct WideResnetReference : testing::TestWithParam<Golden> {
  std::unique_ptr<Model> model = network(GetParam().depth, GetParam().width, true);
  const std::string file = AVIARY_SOURCE_DIR "/tests/plugins/models/wide_resnet/" + std::string(GetParam().name);

  // In PyTorch's order: a layer's parameters, then its buffers.
  std::vector<std::pair<std::string, at::Tensor>> state() const {
    std::vector<std::pair<std::string, at::Tensor>> all;
    for (const auto& layer : model->named_modules("", false)) {
      for (const auto& item : layer.value()->named_parameters(false))
        all.emplace_back(layer.key() + '.' + item.key(), item.value());
      for (const auto& item : layer.value()->named_buffers(false))
        all.emplace_back(layer.key() + '.' + item.key(), item.value());
    }
    return all;
  }

  void fill() const {
    const torch::NoGradGuard no_gradients;
    std::uint32_t t = 0;
    for (auto& [name, tensor] : state()) {
      const std::uint32_t number = t++;
      if (name.ends_with("num_batches_tracked")) continue;
      double scale = 0.2;
      double offset = 0;
      if (name.ends_with("running_var"))
        scale = offset = 1;
      else if (tensor.dim() >= 2)
        scale = std::sqrt(12.0 / static_cast<double>(tensor.numel() / tensor.size(0)));
      else if (name.ends_with("weight"))
        offset = 1;
      tensor.copy_(made_by_rule(tensor.sizes(), number, scale, offset));
    }
  }
};

TEST_P(WideResnetReference, StateHasTheExamplesNamesAndShapesInItsOrder) {
  std::ifstream expected(file + ".state");
  std::string line;
  for (const auto& [name, tensor] : state()) {
    std::string found = name + " | ";
    for (const std::int64_t size : tensor.sizes()) found += (found.back() == ' ' ? "" : "x") + std::to_string(size);
    if (tensor.dim() == 0) found += "scalar";
    ASSERT_TRUE(std::getline(expected, line)) << found;
    EXPECT_EQ(found, line);
  }
  EXPECT_FALSE(std::getline(expected, line)) << line;
}

TEST_P(WideResnetReference, LogitsAreTheGoldenOnes) {
  std::ifstream stream(file + ".logits");
  std::int64_t size = 0;
  std::int64_t shown = 0;
  ASSERT_TRUE(stream >> size >> shown);
  std::vector<double> golden;
  for (double number = 0; stream >> number;) golden.push_back(number);
  ASSERT_EQ(golden.size(), static_cast<std::size_t>(2 * shown + 2));
  const double spread = golden.back();
  const torch::NoGradGuard no_gradients;
  model->eval();
  for (const auto& [type, tolerance] : {std::pair{torch::kFloat64, 1e-6}, std::pair{torch::kFloat32, 1e-4}}) {
    model->to(type);
    fill();
    const at::Tensor pictures = made_by_rule({2, 3, size, size}, 1000, 4, 0).to(type);
    const at::Tensor logits = model->forward(pictures).to(torch::kFloat64).contiguous();
    for (std::int64_t row = 0; row < 2; ++row)
      for (std::int64_t i = 0; i < shown; ++i)
        EXPECT_NEAR(logits[row][i].item<double>(), golden[static_cast<std::size_t>(row * shown + i)], tolerance * spread);
    EXPECT_NEAR(logits.mean().item<double>(), golden[golden.size() - 2], tolerance * spread);
    EXPECT_NEAR(logits.std().item<double>(), spread, tolerance * spread);
  }
}

INSTANTIATE_TEST_SUITE_P(All, WideResnetReference,
                         testing::Values(Golden{"wide_resnet_16_4_extra_unit", 16, 4},
                                         Golden{"wide_resnet_10_5_extra_unit", 10, 5}),
                         [](const auto& golden) { return std::string(golden.param.name); });

TEST(WideResnet, LinearLayerStartsAtZero) {
  const auto model = network(10, 1, false, 0, "small", 7);
  const torch::NoGradGuard no_gradients;
  EXPECT_TRUE(model->forward(torch::rand({2, 3, 32, 32})).equal(torch::zeros({2, 7})));
  EXPECT_EQ(model->named_parameters()[model->classifier() + ".weight"].sizes(), (std::vector<std::int64_t>{7, 16 * 4}));
}

// The classifier starts at zero, so that without other weights every logit would be.
void shake(Model& model) {
  const torch::NoGradGuard no_gradients;
  model.named_parameters()[model.classifier() + ".weight"].normal_();
}

TEST(WideResnet, TakesOddPictureSizes) {
  const auto model = network(10, 1, true, 0, "small", 5);
  const torch::NoGradGuard no_gradients;
  model->eval();
  for (const auto& [height, width] : {std::pair{33, 31}, std::pair{1, 1}, std::pair{28, 17}})
    EXPECT_EQ(model->forward(torch::rand({2, 3, height, width})).sizes(), (std::vector<std::int64_t>{2, 5}));
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
