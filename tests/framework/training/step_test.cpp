#include "training/step.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>

#include "data/loader.hpp"
#include "framework/training/tiny.hpp"

namespace {

using aviary::Closure;
using aviary::Gradient;

/// Calls the closure as often as it is told, and moves nothing.
struct Calls final : aviary::Optimizer {
  explicit Calls(int times) : count(times) {}
  double step(double, const Closure& closure) override {
    for (int i = 0; i < count; ++i) losses.push_back(closure(Gradient::raw));
    return losses.front();
  }
  double base_learning_rate() const override { return 0.1; }
  aviary::NamedTensors state() override { return {}; }

  int count;
  std::vector<double> losses;
};

struct StepTest : aviary::test::Tiny {
  // The model's buffers after one step whose closure is called this often.
  std::vector<at::Tensor> buffers_after(int calls) {
    aviary::training::Experiment experiment(recipe());
    auto optimizer = std::make_unique<Calls>(calls);
    const Calls& called = *optimizer;
    experiment.learner.optimizer = std::move(optimizer);
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation, {.batch_size = 8});
    experiment.curriculum.start(loader, 0);
    const auto batch = loader.next();
    aviary::training::train_step(experiment.learner, {&*batch, 1}, experiment.dataset.train, aviary::Progress{});
    for (const double loss : called.losses) EXPECT_EQ(loss, called.losses.front()) << "other random draws";
    return experiment.learner.model->buffers();
  }
};

TEST_F(StepTest, BatchNormStatisticsMoveInTheFirstCallOnly) {
  const auto once = buffers_after(1);
  const auto thrice = buffers_after(3);
  const auto before = aviary::training::make_model(recipe(), 3)->buffers();
  bool moved = false;
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_TRUE(once[i].equal(thrice[i]));
    moved = moved || !once[i].equal(before[i]);
  }
  EXPECT_TRUE(moved);
}

}  // namespace
