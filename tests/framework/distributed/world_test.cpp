#include "distributed/world.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "distributed/gradient_mean.hpp"
#include "framework/distributed/worlds.hpp"

namespace {

using aviary::distributed::GradientMean;
using aviary::distributed::World;
using aviary::test::in_worlds;

TEST(World, AddsUpAndAgrees) {
  in_worlds(3, [](const World& world) {
    EXPECT_EQ(world.size(), 3);
    EXPECT_EQ(world.on_this_machine(), 3);
    const auto [sum, squares] = world.sum(std::array{world.rank() + 1.0, 0.5});
    EXPECT_EQ(sum, 6);
    EXPECT_EQ(squares, 1.5);
    EXPECT_THAT(world.any(std::array{world.rank() == 1, false}), testing::ElementsAre(true, false));
  });
}

TEST(World, OfOneLeavesAllAsItIs) {
  const World world;
  const at::Tensor numbers = torch::tensor({1.0, 2.0});
  world.sum(numbers);
  world.take_first(numbers);
  EXPECT_TRUE(numbers.equal(torch::tensor({1.0, 2.0})));
  EXPECT_TRUE(world.gathered(numbers).equal(numbers));
  EXPECT_EQ(world.first("text"), "text");
  EXPECT_THAT(world.any(std::array{false, true}), testing::ElementsAre(false, true));
  EXPECT_TRUE(world.leads());
}

TEST(World, GathersRowsAndTextsInTheOrderOfRanks) {
  in_worlds(3, [](const World& world) {
    const at::Tensor rows = torch::full({world.rank(), 2}, world.rank(), at::kLong);  // rank 0 has none
    EXPECT_TRUE(world.gathered(rows).equal(torch::tensor({{1, 1}, {2, 2}, {2, 2}}, at::kLong)));
    EXPECT_THAT(world.gathered(std::string(static_cast<std::size_t>(world.rank()), 'x')), testing::ElementsAre("", "x", "xx"));
    EXPECT_EQ(world.first(world.leads() ? "of the first" : "other"), "of the first");
  });
}

TEST(World, TakesTheTensorOfTheFirstWhateverItsMemoryFormat) {
  in_worlds(2, [](const World& world) {
    const at::Tensor right = torch::arange(24, at::kFloat).view({2, 3, 2, 2});
    const at::Tensor numbers = (right * (world.leads() ? 1 : 0)).contiguous(at::MemoryFormat::ChannelsLast);
    world.take_first(numbers);
    EXPECT_TRUE(numbers.equal(right));
  });
}

// What one process computes of the pictures of all.
TEST(GradientMean, IsThatOfOneProcessInBucketsOfAnySize) {
  for (const std::size_t bucket_bytes : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 20})
    in_worlds(2, [&](const World& world) {
      std::vector<at::Tensor> parameters;
      for (int i = 0; i < 5; ++i)
        parameters.push_back(
            torch::arange(12, at::kFloat).add(i).view({3, 2, 1, 2}).contiguous(at::MemoryFormat::ChannelsLast));
      parameters.push_back(torch::ones({2}));
      for (at::Tensor& parameter : parameters) parameter.requires_grad_();
      const at::Tensor unused = torch::ones({2}).requires_grad_();
      parameters.push_back(unused);
      GradientMean mean(world, parameters, bucket_bytes);
      for (int step = 0; step < 3; ++step) {
        for (const at::Tensor& parameter : parameters) parameter.mutable_grad().reset();
        const auto loss = [&](int picture) {
          at::Tensor sum = torch::zeros({});
          for (int i = 0; i < 5; ++i) sum = sum + (parameters[static_cast<std::size_t>(i)].square() * (picture + i)).sum();
          if (picture == 3) sum = sum + parameters[5].sum();  // in one process alone
          return sum;
        };
        loss(2 * world.rank()).backward();  // an earlier micro-batch
        mean.begin();
        loss(2 * world.rank() + 1).backward();
        mean.send();
        EXPECT_EQ(world.sum(std::array{1.0}), std::array{2.0});  // what else is summed comes after all gradients
        mean.finish(0.25);
        for (int i = 0; i < 5; ++i) {
          const at::Tensor& parameter = parameters[static_cast<std::size_t>(i)];
          const at::Tensor expected = parameter.detach() * 2 * (0 + 1 + 2 + 3 + 4 * i) / 4;
          EXPECT_TRUE(parameter.grad().allclose(expected)) << i;
        }
        EXPECT_TRUE(parameters[5].grad().equal(torch::full({2}, 0.25)));
        EXPECT_FALSE(unused.grad().defined());
      }
    });
}

}  // namespace
