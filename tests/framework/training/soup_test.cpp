#include "training/soup.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "framework/training/tiny.hpp"
#include "weights/model_state.hpp"
#include "weights/safetensors.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::test::message_of;
using aviary::training::average_weights;
using aviary::training::Experiment;

struct Soup : aviary::test::Tiny {
  fs::path weights(const std::string& run, const std::string& checkpoint) const {
    return folder_ / run / "checkpoints" / checkpoint / "model.safetensors";
  }
  std::string refusal(const std::vector<fs::path>& files) const {
    Experiment experiment(recipe());
    return message_of<Error>([&] { average_weights(experiment, files); });
  }
};

TEST_F(Soup, IsTheMeanOfTheWeights) {
  train("run");
  std::vector<fs::path> files;
  std::vector<aviary::NamedTensors> parts;
  for (const char* const name : {"epoch-0001", "epoch-0002", "epoch-0003"}) {
    files.push_back(weights("run", name));
    parts.push_back(aviary::weights::load_safetensors(files.back()).tensors);
  }
  Experiment experiment(recipe());
  average_weights(experiment, files);
  const aviary::NamedTensors soup = aviary::weights::state_of(*experiment.learner.model);
  std::size_t i = 0;
  for (const auto& [name, tensor] : soup) {
    const at::Tensor mean = (parts[0][i].second + parts[1][i].second + parts[2][i].second) / 3;
    EXPECT_TRUE(!tensor.is_floating_point() || tensor.allclose(mean, 1e-5, 1e-6)) << name;
    ++i;
  }
}

TEST_F(Soup, RenewsTheStatisticsOfBatchNormsAndNothingElse) {
  train("run");
  const auto renewed = [&](int workers) {
    Experiment experiment(recipe());
    average_weights(experiment, {weights("run", "epoch-0002"), weights("run", "epoch-0003")});
    aviary::NamedTensors before;
    for (const auto& [name, tensor] : aviary::weights::state_of(*experiment.learner.model))
      before.emplace_back(name, tensor.detach().clone());
    const std::atomic<bool> stop = false;
    EXPECT_TRUE(aviary::training::renew_batch_statistics(experiment, workers, stop));
    const aviary::NamedTensors after = aviary::weights::state_of(*experiment.learner.model);
    for (std::size_t i = 0; i < after.size(); ++i) {
      const std::string& name = after[i].first;
      const bool statistics = name.ends_with("running_mean") || name.ends_with("running_var");
      if (name.ends_with("num_batches_tracked")) continue;
      EXPECT_EQ(after[i].second.equal(before[i].second), !statistics) << name;
    }
    aviary::training::save_weights(folder_ / "soup.safetensors", experiment);
    return aviary::test::bytes_of(folder_ / "soup.safetensors");
  };
  EXPECT_TRUE(renewed(1) == renewed(3));
}

TEST_F(Soup, StopsWhenAsked) {
  Experiment experiment(recipe());
  const std::atomic<bool> stop = true;
  EXPECT_FALSE(aviary::training::renew_batch_statistics(experiment, 1, stop));
}

TEST_F(Soup, RefusesAnotherModelOtherClassesAndOtherPreparation) {
  train("run", {"training.epochs=1"});
  train("wide", {"training.epochs=1", "model.width=2", "data.mean=[0.5, 0.5, 0.5]"});
  const std::string first = weights("run", "last").string();
  EXPECT_EQ(
      refusal({first, weights("wide", "last")}),
      weights("wide", "last").string() + " differs from " + first +
          " in model.width (2, not 1), preparation.mean ([0.5, 0.5, 0.5], not [0.485, 0.456, 0.406]); expected weights of "
          "one network, trained for the same classes");
  for (const char* const part : {"train", "valid", "test"})
    fs::rename(folder_ / "data" / part / "red", folder_ / "data" / part / "scarlet");
  train("scarlet", {"training.epochs=1"});
  EXPECT_THAT(refusal({weights("scarlet", "last"), first}),
              testing::HasSubstr(" in classes ([\"blue\", \"green\", \"red\"], not [\"blue\", \"green\", \"scarlet\"]); "));
}

}  // namespace
