#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/optimizer.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Gradient;
using aviary::Optimizer;
using aviary::Parameter;
using aviary::test::made;
using aviary::test::Settings;

const std::vector<double> start = {0.5, -1.25, 3};

at::Tensor leaf(const std::vector<double>& values) { return torch::tensor(values, torch::kFloat64).requires_grad_(); }

std::vector<double> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel()};
}

// The gradient of step t at weight w: any smooth function of both will do.
double gradient(double w, int t) { return 0.3 * w * w - w + 0.1 * (t % 5); }
double rate(int t) { return 0.05 / (1 + t % 7); }

void steps(Optimizer& optimizer, at::Tensor weights, int count) {
  for (int t = 0; t < count; ++t) {
    const double loss = optimizer.step(rate(t), [&](Gradient asked) {
      EXPECT_EQ(asked, Gradient::clipped);
      std::vector<double> gradients;
      for (const double w : values_of(weights)) gradients.push_back(gradient(w, t));
      weights.mutable_grad() = torch::tensor(gradients, torch::kFloat64);
      return 100.0 + t;
    });
    EXPECT_EQ(loss, 100.0 + t);
  }
}

struct Case {
  double momentum;
  bool nesterov;
  double weight_decay;
  double decay_factor;
  double rate_factor;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << "momentum " << c.momentum << (c.nesterov ? " Nesterov" : "") << ", weight decay " << c.weight_decay << " x "
               << c.decay_factor << ", rate x " << c.rate_factor;
  }
};

struct SgdFormula : testing::TestWithParam<Case> {};

TEST_P(SgdFormula, TwentyStepsFollowThePlainFormulas) {
  const Case c = GetParam();
  const at::Tensor weights = leaf(start);
  const auto sgd = made<Optimizer>(
      "sgd", {{"momentum", c.momentum}, {"nesterov", c.nesterov}, {"weight_decay", c.weight_decay}},
      {{Parameter{.name = "w", .tensor = weights, .learning_rate_factor = c.rate_factor, .decay_factor = c.decay_factor}}});
  steps(*sgd, weights, 20);

  const std::vector<double> found = values_of(weights);
  for (std::size_t i = 0; i < start.size(); ++i) {
    double w = start[i];
    double v = 0;
    for (int t = 0; t < 20; ++t) {
      const double g = gradient(w, t) + c.weight_decay * c.decay_factor * w;
      v = c.momentum * v + g;
      w -= rate(t) * c.rate_factor * (c.nesterov ? g + c.momentum * v : v);
    }
    EXPECT_NEAR(found[i], w, 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SgdFormula,
                         testing::Values(Case{0, false, 0, 1, 1}, Case{0.9, false, 0, 1, 1}, Case{0.9, true, 0, 1, 1},
                                         Case{0, false, 0.1, 1, 1}, Case{0.9, true, 0.1, 1, 1}, Case{0.9, false, 0.1, 0, 1},
                                         Case{0.9, true, 0.1, 0.5, 0.25}, Case{0.5, false, 0.1, 2, 0}));

TEST(Sgd, LeavesParametersWithoutGradientAlone) {
  const at::Tensor moved = leaf(start);
  const at::Tensor still = leaf(start);
  const auto sgd =
      made<Optimizer>("sgd", {{"weight_decay", 0.5}},
                      {{Parameter{.name = "moved", .tensor = moved}, Parameter{.name = "still", .tensor = still}}});
  steps(*sgd, moved, 2);
  EXPECT_EQ(values_of(still), start);
  EXPECT_NE(values_of(moved), start);
}

TEST(Sgd, NamesItsStateAfterTheParameters) {
  const aviary::OptimizerContext context{
      {Parameter{.name = "a.b", .tensor = leaf({1})}, Parameter{.name = "c", .tensor = leaf({1, 2})}}};
  const auto state = made<Optimizer>("sgd", {}, context)->state();
  ASSERT_EQ(state.size(), 2);
  EXPECT_EQ(state[0].first, "a.b/momentum");
  EXPECT_EQ(state[1].first, "c/momentum");
  EXPECT_EQ(state[1].second.sizes(), context.parameters[1].tensor.sizes());
  EXPECT_TRUE(made<Optimizer>("sgd", {{"momentum", 0.0}}, context)->state().empty());
}

TEST(Sgd, SchedulesStartFromItsRate) { EXPECT_EQ(made<Optimizer>("sgd", {{"lr", 0.25}}, {{}})->base_learning_rate(), 0.25); }

}  // namespace
