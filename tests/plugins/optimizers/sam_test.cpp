#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>

#include "framework/recipe/recipes.hpp"
#include "framework/training/tiny.hpp"
#include "plugins/made.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"
#include "training/step.hpp"
#include "weights/safetensors.hpp"

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

// SAM beside what else a training has, each against its definition, which is written out here.
struct SamWith : aviary::test::Tiny {
  static constexpr double rho = 0.5;
  static constexpr double rate = 0.1;

  static std::vector<aviary::data::Batch> batches(const std::vector<std::int64_t>& sizes) {
    torch::manual_seed(3);
    std::vector<aviary::data::Batch> batches(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      batches[i].images = torch::rand({sizes[i], 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
      batches[i].labels = torch::arange(sizes[i]).remainder(3);
    }
    return batches;
  }

  aviary::training::Learner learner(std::vector<std::string> settings) const {
    settings.insert(settings.end(), {"optimizer={ type = \"sam\", rho = 0.5, base = { type = \"sgd\", lr = 0.1 } }",
                                     "model.dropout=0", "scheduler.type=constant"});
    return {recipe(settings), 3};
  }

  // Of the mean loss over the pictures of all batches.
  static std::vector<at::Tensor> gradients(aviary::Model& model, const std::vector<aviary::data::Batch>& batches, bool bf16) {
    std::int64_t pictures = 0;
    for (const auto& batch : batches) pictures += batch.labels.size(0);
    at::Tensor loss = torch::zeros({});
    for (const auto& batch : batches) {
      const aviary::training::Autocast autocast(bf16 ? "bf16" : "fp32");
      const at::Tensor logits = model.forward(batch.images).to(torch::kFloat);
      loss = loss + torch::nll_loss(torch::log_softmax(logits, 1), batch.labels, {}, at::Reduction::Sum);
    }
    return torch::autograd::grad({loss / pictures}, model.parameters());
  }

  static double norm(const std::vector<at::Tensor>& gradients) {
    double squares = 0;
    for (const at::Tensor& gradient : gradients) squares += gradient.pow(2).sum().item<double>();
    return std::sqrt(squares);
  }

  // Weights after one step by hand.
  static std::vector<at::Tensor> expected(aviary::Model& model, const std::vector<aviary::data::Batch>& batches,
                                          double clip_norm = 1e9, bool bf16 = false) {
    std::vector<at::Tensor> before;
    for (const at::Tensor& weight : model.parameters()) before.push_back(weight.detach().clone());
    const auto raw = gradients(model, batches, bf16);
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < raw.size(); ++i) model.parameters()[i].add_(raw[i], rho / norm(raw));
    std::vector<at::Tensor> around;
    {
      const torch::AutoGradMode with_gradients(true);
      around = gradients(model, batches, bf16);
    }
    const double clip = std::min(1.0, clip_norm / norm(around));
    std::vector<at::Tensor> after;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      model.parameters()[i].copy_(before[i]);
      after.push_back(before[i] - rate * clip * around[i]);
    }
    return after;
  }

  static void expect_step(aviary::training::Learner& learner, const std::vector<aviary::data::Batch>& batches,
                          const std::vector<at::Tensor>& expected) {
    aviary::training::train_step(learner, batches, {}, aviary::Progress());
    const auto items = learner.model->named_parameters();
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_LT((items[i].value() - expected[i]).abs().max().item<double>(), 1e-5) << items[i].key();
  }
};

TEST_F(SamWith, ClippingClipsTheSecondPassOnly) {
  auto learner = this->learner({"gradient.clip_norm=0.05"});
  learner.train_mode();
  const auto pictures = batches({8});
  const auto unclipped = expected(*learner.model, pictures);
  const auto clipped = expected(*learner.model, pictures, 0.05);
  double difference = 0;
  for (std::size_t i = 0; i < clipped.size(); ++i)
    difference = std::max(difference, (clipped[i] - unclipped[i]).abs().max().item<double>());
  EXPECT_GT(difference, 1e-3) << "nothing was clipped";
  expect_step(learner, pictures, clipped);
}

TEST_F(SamWith, AccumulationLooksAroundOnceForAllBatchesOfAStep) {
  auto learner = this->learner({"gradient.accumulate=2"});
  learner.train_mode();
  const auto pictures = batches({6, 3});
  const auto weights = expected(*learner.model, pictures);
  expect_step(learner, pictures, weights);
}

TEST_F(SamWith, Bf16ComputesBothPassesInBf16) {
  auto learner = this->learner({"training.precision=bf16"});
  learner.train_mode();
  const auto pictures = batches({8});
  const auto weights = expected(*learner.model, pictures, 1e9, true);
  for (const at::Tensor& weight : learner.model->parameters()) EXPECT_EQ(weight.scalar_type(), at::kFloat);
  expect_step(learner, pictures, weights);
}

TEST_F(SamWith, EmaAveragesTheWeightsAfterTheStep) {
  const std::vector<std::string> settings = {"optimizer={ type = \"sam\", rho = 0.5, base = { type = \"sgd\", lr = 0.1 } }",
                                             "training.epochs=1", "data.batch_size=36", "ema.decay=0.75", "ema.warmup=false"};
  train("run", settings);
  const auto file = [&](const std::string& name) {
    return aviary::weights::load_safetensors(folder_ / "run/checkpoints/last" / name).tensors;
  };
  const auto model = file("model.safetensors");
  const auto ema = file("ema.safetensors");
  const auto start = aviary::training::make_model(recipe(settings), 3)->named_parameters();
  std::size_t compared = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const at::Tensor* const before = start.find(model[i].first);
    if (before == nullptr) continue;
    ++compared;
    EXPECT_TRUE(ema[i].second.allclose(0.75 * before->detach() + 0.25 * model[i].second, 1e-5, 1e-6)) << model[i].first;
    EXPECT_FALSE(model[i].second.equal(*before)) << model[i].first;
  }
  EXPECT_EQ(compared, start.size());
}

}  // namespace
