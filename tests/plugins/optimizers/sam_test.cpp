#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>

#include "framework/recipe/recipes.hpp"
#include "framework/training/tiny.hpp"
#include "plugins/made.hpp"
#include "training/learner.hpp"
#include "training/step.hpp"

namespace {

using aviary::Gradient;
using aviary::Optimizer;
using aviary::Parameter;
using aviary::test::least;
using aviary::test::made;
using aviary::test::Recipes;

struct Sam : testing::Test {
  const at::Tensor weights = torch::tensor({0.6, 0.8}, torch::kFloat64).requires_grad_();
  const at::Tensor start = weights.detach().clone();
  const aviary::OptimizerContext context{{Parameter{.name = "w", .tensor = weights}}, 10};
  std::vector<Gradient> asked;
  std::vector<at::Tensor> seen;

  // The gradient is the weights themselves: their norm is 1.
  double look(Gradient gradient) {
    const torch::NoGradGuard no_gradients;
    asked.push_back(gradient);
    seen.push_back(weights.detach().clone());
    weights.mutable_grad() = weights.detach().clone();
    return static_cast<double>(asked.size());
  }
};

TEST_F(Sam, AsksForTheRawGradientFirstAndForTheClippedOneFartherUp) {
  const auto sam = made<Optimizer>("sam", {{"rho", 0.5}}, context);
  EXPECT_EQ(sam->step(0.1, [&](Gradient gradient) { return look(gradient); }), 1);
  EXPECT_EQ(asked, (std::vector{Gradient::raw, Gradient::clipped}));
  EXPECT_TRUE(seen[1].allclose(1.5 * start)) << seen[1];
  EXPECT_TRUE(weights.allclose(start - 0.1 * seen[1])) << weights;
}

TEST_F(Sam, LooksAroundFromItsStartOnInEveryNthStep) {
  const auto sam = made<Optimizer>("sam", {{"start", 0.55}, {"every", std::int64_t{3}}}, context);
  std::vector<std::size_t> passes;
  for (int t = 0; t < 10; ++t) {
    asked.clear();
    sam->step(0.1, [&](Gradient gradient) { return look(gradient); });
    passes.push_back(asked.size());
  }
  EXPECT_EQ(passes, (std::vector<std::size_t>{1, 1, 1, 1, 1, 1, 2, 1, 1, 2}));
}

TEST_F(Sam, PutsTheWeightsBackWhenTheSecondPassThrows) {
  const auto sam = made<Optimizer>("sam", {{"rho", 0.1}}, context);
  const auto second_fails = [&](Gradient gradient) {
    look(gradient);
    if (asked.size() == 2) throw std::runtime_error("no more");
    return 0.0;
  };
  EXPECT_THROW(sam->step(0.1, second_fails), std::runtime_error);
  EXPECT_FALSE(seen[1].equal(start));
  EXPECT_TRUE(weights.equal(start));
}

TEST_F(Sam, StandsStillWhereTheGradientIsZero) {
  const auto sam = made<Optimizer>("sam", {}, context);
  sam->step(0.1, [&](Gradient) {
    weights.mutable_grad() = torch::zeros_like(weights);
    return 0.0;
  });
  EXPECT_TRUE(weights.equal(start));
}

TEST(SamRecipe, SchedulesStartFromTheBasesRate) {
  const Recipes recipes;
  const auto recipe = recipes.read(least, {"optimizer={ type = \"sam\", base = { type = \"sgd\", lr = 0.25 } }"});
  EXPECT_EQ(aviary::recipe::make<Optimizer>(recipe.optimizer, {})->base_learning_rate(), 0.25);
}

using SamTraining = aviary::test::Tiny;

// One batch, with dropout and batch norm: what moves besides the weights must be what plain SGD moves.
TEST_F(SamTraining, MovesBatchNormStatisticsOnceAndDrawsTheSameDropoutTwice) {
  aviary::data::Batch batch;
  batch.images = torch::rand({6, 3, 16, 16});
  batch.labels = torch::tensor({0, 1, 2, 0, 1, 2});
  const auto stepped = [&](const std::string& optimizer) {
    aviary::training::Learner learner(recipe({"optimizer=" + optimizer, "model.dropout=0.5"}), 3);
    learner.train_mode();
    aviary::training::train_step(learner, {&batch, 1}, {}, aviary::Progress());
    return learner.model;
  };
  const auto plain = stepped("{ type = \"sgd\", lr = 0.1 }");
  const auto sam = stepped("{ type = \"sam\", rho = 0.5, base = { type = \"sgd\", lr = 0.1 } }");
  const auto still = stepped("{ type = \"sam\", rho = 0, base = { type = \"sgd\", lr = 0.1 } }");
  for (const auto& item : plain->named_buffers())
    EXPECT_TRUE(item.value().equal(sam->named_buffers()[item.key()])) << item.key();
  bool differs = false;
  for (const auto& item : plain->named_parameters()) {
    differs = differs || !item.value().equal(sam->named_parameters()[item.key()]);
    // With rho = 0 both passes are the same, if the draws are.
    EXPECT_TRUE(item.value().equal(still->named_parameters()[item.key()])) << item.key();
  }
  EXPECT_TRUE(differs);
}

}  // namespace
