#include "training/step.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>

#include "data/loader.hpp"
#include "framework/distributed/worlds.hpp"
#include "framework/training/tiny.hpp"
#include "weights/model_state.hpp"

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

// As in fp16, but that nothing is rounded: this is how much a scale alone changes.
TEST_F(StepTest, AScaleOfTheGradientsChangesNothingEvenWhereTheyOverflowAtFirst) {
  const auto state_after = [&](double factor) {
    aviary::training::Experiment experiment(recipe());
    if (factor != 1) {
      experiment.learner.gradient_scale = aviary::training::GradientScale("fp16");
      experiment.learner.gradient_scale.state()[0].fill_(factor);
    }
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation, {.batch_size = 8});
    experiment.curriculum.start(loader, 0);
    const auto batch = loader.next();
    const auto result =
        aviary::training::train_step(experiment.learner, {&*batch, 1}, experiment.dataset.train, aviary::Progress{});
    EXPECT_EQ(result.pictures, 8);
    if (factor > 1e30) {
      EXPECT_LT(experiment.learner.gradient_scale.factor(), factor) << "nothing overflowed";
    }
    return aviary::weights::state_of(*experiment.learner.model);
  };
  const auto plain = state_after(1);
  for (const double factor : {65536.0, 0x1p140}) {
    const auto scaled = state_after(factor);
    for (std::size_t i = 0; i < plain.size(); ++i)
      EXPECT_TRUE(scaled[i].second.allclose(plain[i].second, 1e-5, 1e-6)) << plain[i].first << " at " << factor;
  }
}

TEST_F(StepTest, ChangesNothingWhereNoProcessHasAPicture) {
  const auto settings = recipe();
  aviary::test::in_worlds(2, [&](const aviary::distributed::World& world) {
    aviary::training::Experiment experiment(settings);
    aviary::training::Learner& learner = experiment.learner;
    learner.join(world);
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation, {.batch_size = 8});
    experiment.curriculum.start(loader, 0);
    auto batch = *loader.next();
    const auto step = [&] {
      return aviary::training::train_step(learner, {&batch, 1}, experiment.dataset.train, aviary::Progress{});
    };
    const auto numbers = [&] {
      std::vector<at::Tensor> all;
      for (const auto& [name, tensor] : aviary::weights::state_of(*learner.model)) all.push_back(tensor.detach().clone());
      for (const auto& [name, tensor] : learner.update_state()) all.push_back(tensor.clone());
      return all;
    };
    EXPECT_EQ(step().pictures, 16);
    const auto before = numbers();
    batch.labels = at::empty({0}, at::kLong);
    EXPECT_EQ(step().pictures, 0);
    const auto after = numbers();
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(after[i].equal(before[i])) << i;
  });
}

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
