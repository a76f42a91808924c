#include "training/experiment.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/training/tiny.hpp"

namespace {

using aviary::Error;
using aviary::Role;
using aviary::test::message_of;
using aviary::training::Experiment;

struct ExperimentTest : aviary::test::Tiny {
  std::string refusal(const std::vector<std::string>& settings) const {
    return message_of<Error>([&] { Experiment experiment(recipe(settings)); });
  }
};

TEST_F(ExperimentTest, RefusesMoreThanTheLimits) {
  Experiment fits(recipe());
  const std::int64_t count = fits.learner.parameter_count();
  EXPECT_EQ(refusal({"limits.parameters=" + std::to_string(count), "limits.epochs=3"}), "");
  EXPECT_EQ(refusal({"limits.parameters=" + std::to_string(count - 1)}),
            "the model has " + std::to_string(count) + " parameters, 1 more than limits.parameters (" +
                std::to_string(count - 1) + "); make [model] smaller");  // no setting can be smaller
  EXPECT_EQ(refusal({"limits.epochs=2"}), "training.epochs is 3, above limits.epochs 2");
}

TEST_F(ExperimentTest, NamesTheSettingsThatMakeTheModelSmaller) {
  const std::vector<std::string> larger = {"model.depth=16", "model.width=2", "limits.parameters=500000"};
  EXPECT_EQ(refusal(larger),
            "the model has 690771 parameters, 190771 more than limits.parameters (500000); it shrinks with "
            "model.depth, model.width: aviary fit " +
                (folder_ / "tiny.toml").string() + " --vary model.depth finds the largest value that fits");
}

TEST_F(ExperimentTest, RefusesAMetricOfValidationWithoutValidationData) {
  std::filesystem::remove_all(folder_ / "data/valid");
  EXPECT_EQ(refusal({"training.metric=validation.loss"}),
            "training.metric is validation.loss, but the data has no validation part; set data.validation_fraction");
  EXPECT_EQ(refusal({"training.metric=train.loss"}), "");
  EXPECT_EQ(refusal({}), "");  // the default does without, unless the schedule needs it
  EXPECT_EQ(refusal({"scheduler.type=plateau"}),
            "--set scheduler.type: scheduler.type is \"plateau\", which needs a training.metric that is computed");
  EXPECT_EQ(refusal({"scheduler.type=plateau", "training.metric=train.loss"}), "");
}

TEST_F(ExperimentTest, KnowsTheRoleOfEveryParameter) {
  const Experiment experiment(recipe());
  for (const auto& parameter : aviary::training::parameters_of(*experiment.learner.model, {})) {
    const Role expected = parameter.name.find("8_classification") != std::string::npos ? Role::classifier
                          : parameter.name.find("normalization") != std::string::npos  ? Role::norm
                                                                                       : Role::weight;
    EXPECT_EQ(parameter.role, expected) << parameter.name;
  }
}

}  // namespace
