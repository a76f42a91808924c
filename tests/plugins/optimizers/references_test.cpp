// Every optimizer against what PyTorch computes; script/make-optimizer-references writes the numbers.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/optimizer.hpp>

#include "framework/network/allocated.hpp"
#include "framework/recipe/recipes.hpp"

namespace {

using aviary::Gradient;
using aviary::Optimizer;
using aviary::OptimizerContext;
using aviary::Parameter;

struct Training {
  std::string settings;  ///< as in a recipe
  std::vector<double> weights;

  friend std::ostream& operator<<(std::ostream& out, const Training& c) { return out << c.settings; }
};

std::vector<Training> known_trainings() {
  std::ifstream file(AVIARY_SOURCE_DIR "/tests/plugins/optimizers/references.txt");
  std::vector<Training> known_trainings;
  std::string numbers;
  for (Training next; std::getline(file, next.settings) && std::getline(file, numbers); known_trainings.push_back(next)) {
    std::istringstream words(numbers);
    next.weights.assign(std::istream_iterator<double>(words), {});
  }
  return known_trainings;
}

// As the script has them.
double gradient(double w, int t) { return 0.2 * w * w * w + (0.3 + 0.1 * (t % 5)) * w - 0.1 * (t % 3); }
double learning_rate(int t) { return 0.05 / (1 + t % 7); }

struct Comparison {
  explicit Comparison(const std::string& settings, at::ScalarType type = torch::kFloat64) {
    context.steps = 20;
    const at::Tensor a = torch::tensor({0.5, -1.25, 3.0, 0.1, -0.7, 2.0}, type).view({2, 3}).requires_grad_();
    const at::Tensor b = torch::tensor({1.5, -0.4, 0.9}, type).requires_grad_();
    start = {a.detach().clone(), b.detach().clone()};
    context.parameters = {Parameter{.name = "a", .tensor = a},
                          Parameter{.name = "b", .tensor = b, .learning_rate_factor = 0.5, .decay_factor = 0}};
    const aviary::test::Recipes recipes;
    const auto recipe =
        recipes.read("optimizer = { " + settings + " }\n[data]\npath = \"p\"\n[model]\ntype = \"wide_resnet\"\n");
    optimizer = aviary::recipe::make<Optimizer>(recipe.optimizer, context);
  }

  // `transposed`: gradients of another layout than their parameters.
  void steps(bool transposed = false) {
    for (int t = 0; t < 20; ++t) step(t, transposed);
  }

  void step(int t, bool transposed = false) {
    optimizer->step(learning_rate(t), [&](Gradient) {
      const torch::NoGradGuard no_gradients;
      for (const Parameter& parameter : context.parameters) {
        const at::Tensor weights = parameter.tensor.to(torch::kFloat64);
        at::Tensor gradients = torch::empty_like(weights);
        std::transform(weights.data_ptr<double>(), weights.data_ptr<double>() + gradients.numel(), gradients.data_ptr<double>(),
                       [t](double w) { return gradient(w, t); });
        if (transposed && gradients.dim() == 2) gradients = gradients.t().contiguous().t();
        parameter.tensor.mutable_grad() = gradients.to(parameter.tensor.scalar_type());
      }
      return 0.0;
    });
  }

  void expect(const std::vector<double>& weights) const {
    const at::Tensor all = torch::cat({context.parameters[0].tensor.flatten(), context.parameters[1].tensor}).detach();
    ASSERT_EQ(all.numel(), std::ssize(weights));
    for (std::int64_t i = 0; i < all.numel(); ++i)
      EXPECT_NEAR(all[i].item<double>(), weights[static_cast<std::size_t>(i)], 1e-12) << "weight " << i;
    const double difference = (all - torch::tensor(weights, torch::kFloat64)).abs().max().item<double>();
    testing::Test::RecordProperty("largest_difference", (std::ostringstream() << difference).str());
  }

  OptimizerContext context;
  std::vector<at::Tensor> start;  // copies of the parameters
  std::unique_ptr<Optimizer> optimizer;
};

struct OptimizerReference : testing::TestWithParam<Training> {};

TEST_P(OptimizerReference, TwentyStepsGiveTheSameWeights) {
  Comparison trained(GetParam().settings);
  trained.steps();
  trained.expect(GetParam().weights);
}

TEST_P(OptimizerReference, GradientsOfAnotherLayoutGiveTheSameWeights) {
  Comparison trained(GetParam().settings);
  trained.steps(true);
  trained.expect(GetParam().weights);
}

// What other devices do, which have no loops: the same formula, with all parameters at once. bfloat16 takes that way here, and
// its numbers have two to three digits.
TEST_P(OptimizerReference, AllParametersAtOnceGiveNearlyTheSameWeights) {
  Comparison looped(GetParam().settings);
  Comparison at_once(GetParam().settings, torch::kBFloat16);
  looped.step(0);
  at_once.step(0);
  for (std::size_t i = 0; i < looped.context.parameters.size(); ++i) {
    const at::Tensor& expected = looped.context.parameters[i].tensor;
    const at::Tensor found = at_once.context.parameters[i].tensor.to(torch::kFloat64);
    EXPECT_TRUE(found.allclose(expected, 0.02, 0.02)) << found << expected;
    EXPECT_FALSE(found.allclose(looped.start[i], 1e-3, 1e-3)) << "no step was taken";
  }
}

TEST_P(OptimizerReference, AllocatesNoTensorOnceItHasTakenAStep) {
  Comparison trained(GetParam().settings);
  trained.steps();
  const auto allocated = std::make_shared<aviary::test::Allocated>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, allocated);
  trained.optimizer->step(0.1, [](Gradient) { return 0.0; });
  EXPECT_EQ(allocated->most, 0);
  const at::Tensor seen = torch::zeros({3});
  EXPECT_GT(allocated->most, 0) << "this test sees nothing";
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerReference, testing::ValuesIn(known_trainings()));

TEST(OptimizerReferences, CoverEveryOptimizer) {
  const std::vector<Training> known = known_trainings();
  for (const std::string& name : aviary::test::built_plugins().names(aviary::Kind::optimizer))
    EXPECT_TRUE(std::ranges::any_of(known, [&](const Training& c) {
      return c.settings.starts_with("type = \"" + name + "\"");
    })) << name;
}

}  // namespace
