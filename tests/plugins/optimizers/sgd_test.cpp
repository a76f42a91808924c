#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/optimizer.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Optimizer;
using aviary::Parameter;
using aviary::test::made;

at::Tensor leaf(const std::vector<double>& values) { return torch::tensor(values, torch::kFloat64).requires_grad_(); }

TEST(Sgd, NamesItsStateAfterTheParameters) {
  const aviary::OptimizerContext context{
      {Parameter{.name = "a.b", .tensor = leaf({1})}, Parameter{.name = "c", .tensor = leaf({1, 2})}}};
  const auto state = made<Optimizer>("sgd", {{"momentum", 0.9}}, context)->state();
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"a.b/momentum_buffer", "a.b/step", "c/momentum_buffer", "c/step"}));
  EXPECT_EQ(state[2].second.sizes(), context.parameters[1].tensor.sizes());
}

TEST(Sgd, SchedulesStartFromItsRate) { EXPECT_EQ(made<Optimizer>("sgd", {{"lr", 0.25}}, {{}})->base_learning_rate(), 0.25); }

}  // namespace
