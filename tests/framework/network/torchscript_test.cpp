#include "network/torchscript.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/utils.h>

#include <aviary/error.hpp>

#include "framework/network/function_model.hpp"
#include "framework/weights/scratch_folder.hpp"
#include "plugins/made.hpp"

namespace {

using aviary::Error;
using aviary::Model;
using aviary::network::torchscript;
using aviary::test::FunctionModel;
using aviary::test::made;
using aviary::test::message_of;
using aviary::test::ScratchFolder;

TEST(Torchscript, IsLoadedByLibTorchAloneAndGivesTheSameLogits) {
  torch::manual_seed(4);
  const ScratchFolder folder;
  const auto model = made<Model>("wide_resnet", {{"depth", std::int64_t{10}}, {"width", std::int64_t{1}}}, {5, 3, 16});
  const torch::NoGradGuard no_gradients;
  for (at::Tensor& parameter : model->parameters()) parameter.add_(torch::randn_like(parameter), 0.1);
  aviary::test::put_bytes(folder / "model.ts", torchscript(*model, {3, 16, 16}, {}, {{"classes", "[\"a\",\"b\"]"}}));

  std::unordered_map<std::string, std::string> files = {{"classes", ""}};
  torch::jit::Module loaded = torch::jit::load((folder / "model.ts").string(), {}, files);
  EXPECT_EQ(files["classes"], "[\"a\",\"b\"]");
  model->eval();
  for (const std::int64_t count : {1, 3}) {
    const at::Tensor images = torch::randn({count, 3, 16, 16});
    EXPECT_TRUE(loaded.forward({images}).toTensor().equal(model->forward(images))) << count;
  }
}

TEST(Torchscript, RefusesAModelThatCannotBeTraced) {
  FunctionModel model;
  const at::Tensor weight = model.parameter("head.weight", {5, 48});
  model.function = [&](const at::Tensor& x) { return torch::linear(x.view({x.size(0), -1}), weight); };
  EXPECT_NE(message_of<Error>([&] { torchscript(model, {3, 4, 4}, {}, {}); }), "");
}

}  // namespace
