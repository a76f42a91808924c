#include "training/experiment.hpp"

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/data/host_augmenter.hpp"
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

TEST_F(ExperimentTest, RefusesToAugmentOnADeviceThatIsNotThere) {
  aviary::recipe::Recipe without_toolkit = recipe({"data.augment_on=device"});
  without_toolkit.augmenter.reset();
  EXPECT_EQ(message_of<Error>([&] { Experiment experiment(without_toolkit); }),
            "data.augment_on is \"device\", but this installation was built without the CUDA Toolkit; set it to \"cpu\"");
  aviary::recipe::Recipe without_nvjpeg = recipe({"data.decode_on=device"});
  without_nvjpeg.decoder.reset();
  EXPECT_EQ(
      message_of<Error>([&] { Experiment experiment(without_nvjpeg); }),
      "data.decode_on is \"device\", but this installation was built without the CUDA Toolkit's nvJPEG; set it to \"cpu\"");
  if (!recipe({"data.augment_on=device"}).augmenter) GTEST_SKIP() << "built without the CUDA Toolkit";
  const std::string refused = refusal({"data.augment_on=device"});
  if (refused.empty()) GTEST_SKIP() << "there is a GPU";
  EXPECT_TRUE(refused.starts_with("data.augment_on is \"device\", but there is no GPU that CUDA can use here (")) << refused;
  EXPECT_TRUE(refused.ends_with("); set it to \"cpu\"")) << refused;
}

// The same draws, and on the host the very same pixels.
TEST_F(ExperimentTest, TrainsTheSameWhereADeviceAugments) {
  const std::vector<std::string> settings = {"augment=[{type='random_crop',padding=2},{type='rotate'},{type='mixup'}]"};
  train("on_cpu", settings);
  Experiment experiment(recipe(settings));
  const auto augmenter = std::make_shared<aviary::data::HostAugmenter>(
      aviary::DeviceAugmenterContext{experiment.preparation.mean, experiment.preparation.std});
  experiment.finisher.augmenter = augmenter;
  const auto folder = aviary::results::RunFolder::create(folder_ / "on_device");
  aviary::test::put_bytes(folder.recipe_file(), "");
  go_on(experiment, folder, {}, 2, 0);
  EXPECT_EQ(augmenter->runs, 3 * 5) << "three epochs of 36 pictures, 8 a batch";
  EXPECT_EQ(state("on_device"), state("on_cpu"));
}

}  // namespace
