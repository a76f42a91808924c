#include "training/learner.hpp"

#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/model.hpp>

#include "framework/training/tiny.hpp"

namespace {

using aviary::test::message_of;
using aviary::training::Learner;
using aviary::training::matches;

struct LearnerTest : aviary::test::Tiny {
  std::string refusal(const std::string& setting) const {
    return message_of<aviary::recipe::RecipeError>([&] { Learner learner(recipe({setting}), 3); });
  }
};

TEST(NamePattern, NamesAParameterALayerOrWhatAStarLeavesOpen) {
  EXPECT_TRUE(matches("stem", "stem.conv.weight"));
  EXPECT_TRUE(matches("features.1", "features.1.conv.weight"));
  EXPECT_FALSE(matches("features.1", "features.10.conv.weight"));
  EXPECT_TRUE(matches("features.*.bn", "features.3.conv_dw.bn.bias"));
  EXPECT_TRUE(matches("*.bias", "head.fc.bias"));
  EXPECT_FALSE(matches("conv", "stem.conv.weight"));
}

TEST_F(LearnerTest, FrozenLayersStayAsTheyAreWithTheirStatistics) {
  const std::vector<std::string> settings = {"model.freeze=[\"f.0_convolution\", \"f.1_block\"]", "training.epochs=1"};
  train("run", settings);
  const Learner fresh(recipe(settings), 3);
  const auto folder = aviary::results::RunFolder::open(folder_ / "run");
  Learner trained(recipe(settings), 3);
  aviary::training::load_weights(folder.checkpoint("last") / "model.safetensors", *trained.model, {"blue", "green", "red"});
  const auto compare = [&](const auto& before, const auto& after) {
    for (const auto& item : before) {
      const bool frozen = item.key().starts_with("f.0_") || item.key().starts_with("f.1_");
      EXPECT_EQ(item.value().equal(after[item.key()]), frozen) << item.key();
    }
  };
  compare(fresh.model->named_parameters(), trained.model->named_parameters());
  compare(fresh.model->named_buffers(), trained.model->named_buffers());
}

TEST_F(LearnerTest, FactorsScaleTheRateOfWhatTheyName) {
  const auto from = recipe({"model.lr_factors={\"f.1_block\" = 0.1, \"*.bias\" = 2}"});
  const Learner learner(from, 3);
  for (const auto& parameter : aviary::training::parameters_of(*learner.model, from.start)) {
    double expected = parameter.name.starts_with("f.1_block") ? 0.1 : 1;
    if (parameter.name.ends_with(".bias")) expected *= 2;
    EXPECT_EQ(parameter.learning_rate_factor, expected) << parameter.name;
  }
}

TEST_F(LearnerTest, DecayLeavesOutTheRolesThatAreNamed) {
  const auto decaying = [&](const std::string& roles) {
    const auto from = recipe({"optimizer.no_decay=" + roles});
    const Learner learner(from, 3);
    std::set<aviary::Role> found;
    bool classifier_bias = false;
    for (const auto& parameter : aviary::training::parameters_of(*learner.model, from.start, from.decay)) {
      if (parameter.decay_factor == 0) continue;
      if (parameter.role == aviary::Role::classifier && parameter.name.ends_with("bias"))
        classifier_bias = true;
      else
        found.insert(parameter.role);
    }
    return std::pair(found, classifier_bias);
  };
  using aviary::Role;
  EXPECT_EQ(decaying("[]"), std::pair(std::set({Role::weight, Role::norm, Role::classifier}), true));
  EXPECT_EQ(decaying("[\"norm\"]"), std::pair(std::set({Role::weight, Role::classifier}), true));
  EXPECT_EQ(decaying("[\"norm\", \"bias\"]"), std::pair(std::set({Role::weight, Role::classifier}), false));
  EXPECT_EQ(decaying("[\"classifier\"]"), std::pair(std::set({Role::weight, Role::norm}), false));
}

TEST_F(LearnerTest, RefusesPatternsThatNameNothing) {
  EXPECT_EQ(refusal("model.freeze=[\"stem\"]"),
            "--set model.freeze: model.freeze names \"stem\", but the model has no such layer or parameter; its layers are f");
  EXPECT_THAT(refusal("model.lr_factors={ stem = 0.1 }"), testing::HasSubstr("model.lr_factors names \"stem\""));
}

TEST_F(LearnerTest, RefusesToFreezeEverything) {
  EXPECT_EQ(message_of<aviary::Error>([&] { Learner learner(recipe({"model.freeze=[\"*\"]"}), 3); }),
            "model.freeze names all parameters; there is nothing to train");
}

TEST_F(LearnerTest, RefusesToRecordWhereThereIsNoGpu) {
  EXPECT_EQ(message_of<aviary::Error>([&] { Learner learner(recipe({"training.cuda_graph=true"}), 3); }),
            "training.cuda_graph is for GPUs, and the CPU computes here; expected cuda_graph = false there");
}

}  // namespace
