// On a GPU; without one that LibTorch can use they are skipped.
#include <memory>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "data/loader.hpp"
#include "framework/data/host_augmenter.hpp"
#include "framework/training/tiny.hpp"
#include "framework/weights/scratch_folder.hpp"
#include "training/batch_feed.hpp"
#include "training/step.hpp"
#include "weights/model_state.hpp"

namespace {

using aviary::training::choose_device;
using aviary::training::Experiment;

struct Gpu : aviary::test::Tiny {
  void SetUp() override {
    if (aviary::training::count_gpus() == 0) GTEST_SKIP() << "LibTorch can use no GPU";
  }
  void TearDown() override { choose_device("cpu"); }

  // The state, on the CPU, after an epoch's first steps on this device.
  std::vector<at::Tensor> after_steps(int steps, const std::string& device, const std::vector<std::string>& settings) {
    choose_device(device);
    Experiment experiment(recipe(settings));
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation,
                                loader_options(experiment, experiment.dataset.train, 1));
    aviary::training::BatchFeed feed(loader, aviary::data::EmptyBatches::left_out);
    experiment.curriculum.start(loader, 0);
    for (int step = 0; step < steps; ++step)
      aviary::training::train_step(experiment.learner, feed.next(1, 1), experiment.dataset.train, aviary::Progress{});
    std::vector<at::Tensor> state;
    for (const auto& [name, tensor] : aviary::weights::state_of(*experiment.learner.model)) state.push_back(tensor.cpu());
    return state;
  }

  std::vector<at::Tensor> after_a_step(const std::string& device, const std::vector<std::string>& settings) {
    return after_steps(1, device, settings);
  }

  void expect_near(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b, double tolerance) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].allclose(b[i], tolerance, tolerance)) << i;
  }
};

TEST_F(Gpu, AStepIsThatOfTheCpu) {
  for (const char* const optimizer : {"type=\"sgd\", lr=0.01", "type=\"adamw\", lr=0.001", "type=\"lion\", lr=0.0001"}) {
    const std::vector<std::string> settings = {std::string("optimizer={ ") + optimizer + " }", "model.dropout=0",
                                               "training.deterministic=true"};
    expect_near(after_a_step("cuda", settings), after_a_step("cpu", settings), 1e-3);
  }
}

// Its draws too, of dropout and drop path.
TEST_F(Gpu, ARecordedPassComputesWhatItComputesUnrecorded) {
  for (const std::string precision : {"fp32", "bf16"}) {
    const std::vector<std::string> settings = {"training.deterministic=true", "training.precision=" + precision,
                                               "data.batch_size=6"};
    std::vector<std::string> recorded = settings;
    recorded.emplace_back("training.cuda_graph=true");
    expect_near(after_steps(6, "cuda", recorded), after_steps(6, "cuda", settings), 1e-6);
  }
}

// Needs no CUDA LibTorch.
struct GpuAugmenter : aviary::test::Tiny {};

TEST_F(GpuAugmenter, ItsKernelGivesThePixelsOfTheHostsFunction) {
  const auto recipe = this->recipe(
      {"data.augment_on=device",
       "augment=[{type='rotate'},{type='hue_saturation_value'},{type='horizontal_flip'},{type='random_gamma'},{type='to_gray'},"
       "{type='shift_scale_rotate',border='constant'},{type='random_brightness_contrast'},{type='mixup'}]"});
  if (!recipe.augmenter) GTEST_SKIP() << "built without the CUDA Toolkit";
  const std::string obstacle = aviary::test::message_of<aviary::Error>([&] { Experiment experiment(recipe); });
  if (!obstacle.empty()) GTEST_SKIP() << obstacle;
  Experiment experiment(recipe);
  const auto pictures = [&](const std::shared_ptr<aviary::DeviceAugmenter>& augmenter) {
    auto options = loader_options(experiment, experiment.dataset.train, 1);
    options.finisher = {augmenter, at::kCPU};
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation, options);
    experiment.curriculum.start(loader, 0);
    std::vector<at::Tensor> images;
    while (const auto batch = loader.next()) images.push_back(batch->images);
    return at::cat(images);
  };
  const auto host = std::make_shared<aviary::data::HostAugmenter>(
      aviary::DeviceAugmenterContext{experiment.preparation.mean, experiment.preparation.std});
  EXPECT_TRUE(pictures(experiment.finisher.augmenter).allclose(pictures(host), 0, 1e-5));
}

TEST_F(Gpu, AStepInFp16IsNearlyThatInFp32) {
  const std::vector<std::string> settings = {"model.dropout=0", "optimizer.lr=0.01"};
  expect_near(after_a_step("cuda", {settings[0], settings[1], "training.precision=fp16"}), after_a_step("cpu", settings), 0.02);
}

}  // namespace
