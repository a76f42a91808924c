#include "training/profile.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "framework/training/tiny.hpp"
#include "network/layers.hpp"
#include "network/trace.hpp"

namespace {

using aviary::training::Experiment;
using aviary::training::OperationKind;

using Profile = aviary::test::Tiny;

const OperationKind& kind(const aviary::training::Profile& profile, const std::string& name) {
  static const OperationKind none;
  const auto found = std::ranges::find(profile.kinds, name, &OperationKind::name);
  EXPECT_NE(found, profile.kinds.end()) << name;
  return found == profile.kinds.end() ? none : *found;
}

TEST_F(Profile, AddsUpToTheStep) {
  Experiment experiment(recipe());
  const auto profile = aviary::training::profile(experiment, 0.1);
  EXPECT_EQ(profile.pictures, 8);
  EXPECT_NEAR(std::accumulate(profile.kinds.begin(), profile.kinds.end(), 0.0,
                              [](double sum, const OperationKind& each) { return sum + each.seconds; }),
              profile.seconds, 1e-9);
  for (const OperationKind& each : profile.kinds) EXPECT_GT(each.seconds, 0) << each.name;
}

TEST_F(Profile, CountsWhatTheNetworkComputes) {
  Experiment experiment(recipe());
  const auto layers = aviary::network::read_layers(aviary::network::trace(*experiment.learner.model, {3, 16, 16}));
  const auto profile = aviary::training::profile(experiment, 0.1);
  const double convolved = kind(profile, "convolution 3x3").flops + kind(profile, "convolution 1x1").flops;
  const double multiplied = kind(profile, "matrix product").flops;  // the classifier, and its two gradients
  EXPECT_DOUBLE_EQ(convolved + multiplied / 3, 2.0 * 8 * static_cast<double>(layers.multiply_adds));
  // The first layer needs no gradient of the pictures: 16 channels, 3 x 3 x 3 taps, 16 x 16 pixels.
  EXPECT_DOUBLE_EQ(kind(profile, "convolution 3x3, backward").flops + kind(profile, "convolution 1x1, backward").flops,
                   2 * convolved - 2.0 * 8 * 16 * 27 * 256);
  EXPECT_EQ(kind(profile, "batch norm").calls, 7);
  // Of each map: read and written.
  EXPECT_GT(kind(profile, "batch norm").bytes, 2.0 * 8 * 16 * 256 * sizeof(float));
}

TEST_F(Profile, OfBf16SaysItsConversions) {
  Experiment experiment(recipe({"training.precision=bf16"}));
  EXPECT_GT(kind(aviary::training::profile(experiment, 0.1), "copies and conversions").calls, 0);
}

}  // namespace
