#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <aviary/nn/layers.hpp>

#include "framework/distributed/worlds.hpp"

namespace {

using aviary::distributed::World;
using aviary::nn::BatchNorm2d;

struct Result {
  at::Tensor y;
  at::Tensor x_gradient;
  at::Tensor weight_gradient;
  at::Tensor bias_gradient;
  std::vector<at::Tensor> buffers;
};

void set_affine(BatchNorm2d& norm) {
  const torch::NoGradGuard guard;
  norm.weight.copy_(torch::arange(1, 4, at::kFloat));
  norm.bias.copy_(torch::arange(3, at::kFloat) - 1);
}

Result run(BatchNorm2d& norm, const at::Tensor& x, const at::Tensor& gradient) {
  const at::Tensor input = x.clone().requires_grad_();
  const at::Tensor y = norm.forward(input);
  y.backward(gradient);
  return {y.detach(), input.grad(), norm.weight.grad(), norm.bias.grad(), norm.buffers()};
}

at::Tensor drawn(std::uint64_t seed, std::int64_t pictures) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  return (torch::randn({pictures, 3, 4, 5}, generator) * 2 + 30).contiguous(at::MemoryFormat::ChannelsLast);
}

// Far from zero, where sums of squares would lose their digits.
TEST(SynchronizedNorm, IsThatOfOneProcessWithAllPictures) {
  constexpr std::int64_t first = 2;
  constexpr std::int64_t all = 7;
  const at::Tensor x = drawn(1, all);
  const at::Tensor gradient = drawn(2, all) - 30;
  BatchNorm2d alone(3, aviary::nn::Activation::silu);
  set_affine(alone);
  const Result expected = run(alone, x, gradient);
  std::vector<Result> results(2);
  aviary::test::in_worlds(2, [&](const World& world) {
    BatchNorm2d norm(3, aviary::nn::Activation::silu);
    set_affine(norm);
    auto shared = std::make_shared<aviary::nn::SharedBatch>();
    shared->sum = [&](const at::Tensor& numbers) { world.sum(numbers); };
    norm.shared_batch = shared;
    const std::int64_t begin = world.leads() ? 0 : first;
    const std::int64_t count = world.leads() ? first : all - first;
    results[static_cast<std::size_t>(world.rank())] = run(norm, x.narrow(0, begin, count), gradient.narrow(0, begin, count));
  });
  const auto close = [](const at::Tensor& a, const at::Tensor& b) { return a.allclose(b, 1e-4, 1e-4); };
  EXPECT_TRUE(close(torch::cat({results[0].y, results[1].y}), expected.y));
  EXPECT_TRUE(close(torch::cat({results[0].x_gradient, results[1].x_gradient}), expected.x_gradient));
  EXPECT_TRUE(close(results[0].weight_gradient + results[1].weight_gradient, expected.weight_gradient));
  EXPECT_TRUE(close(results[0].bias_gradient + results[1].bias_gradient, expected.bias_gradient));
  for (const Result& result : results)
    for (std::size_t i = 0; i < expected.buffers.size(); ++i)
      EXPECT_TRUE(close(result.buffers[i].to(at::kDouble), expected.buffers[i].to(at::kDouble))) << i;
}

TEST(SynchronizedNorm, ABlankPictureCountsNothing) {
  const at::Tensor x = drawn(3, 3);
  const at::Tensor gradient = drawn(4, 3) - 30;
  BatchNorm2d alone(3);
  const Result expected = run(alone, x, gradient);
  aviary::test::in_worlds(2, [&](const World& world) {
    BatchNorm2d norm(3);
    auto shared = std::make_shared<aviary::nn::SharedBatch>();
    shared->sum = [&](const at::Tensor& numbers) { world.sum(numbers); };
    shared->blank = !world.leads();
    norm.shared_batch = shared;
    if (world.leads()) {
      const Result result = run(norm, x, gradient);
      EXPECT_TRUE(result.y.allclose(expected.y, 1e-4, 1e-4));
      EXPECT_TRUE(result.x_gradient.allclose(expected.x_gradient, 1e-4, 1e-4));
    } else {
      const Result result = run(norm, torch::zeros({1, 3, 4, 5}), torch::zeros({1, 3, 4, 5}));
      EXPECT_EQ(result.x_gradient.abs().max().item<float>(), 0);
      EXPECT_TRUE(result.buffers[0].allclose(expected.buffers[0], 1e-4, 1e-4));
    }
  });
}

}  // namespace
