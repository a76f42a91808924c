// What every component must do; a new plugin is tested by existing.
#include <cmath>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <opencv2/core.hpp>

#include <aviary/augmentation.hpp>
#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

#include "data/pipeline.hpp"
#include "framework/network/allocated.hpp"
#include "network/layers.hpp"
#include "network/memory.hpp"
#include "network/trace.hpp"
#include "plugins/made.hpp"
#include "training/compute.hpp"
#include "training/learner.hpp"

namespace aviary::plugins {

void PrintTo(const Available& available, std::ostream* out) { *out << available.file; }

}  // namespace aviary::plugins

namespace {

using aviary::Kind;
using aviary::Setting;
using aviary::Value;
using aviary::plugins::Available;
using aviary::test::built_plugins;
using aviary::test::made;
using aviary::test::Settings;

std::vector<Available> all() { return built_plugins().available(); }

std::vector<Available> of_kind(Kind kind) {
  std::vector<Available> found;
  for (const Available& entry : all())
    if (entry.kind == kind) found.push_back(entry);
  return found;
}

std::string test_name(const testing::TestParamInfo<Available>& info) { return info.param.name; }

struct EveryComponent : testing::TestWithParam<Available> {
  const std::vector<Setting> settings = built_plugins().settings(GetParam()).settings;
};
struct EveryModel : testing::TestWithParam<Available> {
  static void SetUpTestSuite() { aviary::training::set_compute_threads(1); }  // switches off a faulty oneDNN
};
struct EveryOptimizer : testing::TestWithParam<Available> {};
struct EveryScheduler : testing::TestWithParam<Available> {};
struct EveryAugmentation : testing::TestWithParam<Available> {};

INSTANTIATE_TEST_SUITE_P(All, EveryComponent, testing::ValuesIn(all()), test_name);
INSTANTIATE_TEST_SUITE_P(All, EveryModel, testing::ValuesIn(of_kind(Kind::model)), test_name);
INSTANTIATE_TEST_SUITE_P(All, EveryOptimizer, testing::ValuesIn(of_kind(Kind::optimizer)), test_name);
INSTANTIATE_TEST_SUITE_P(All, EveryScheduler, testing::ValuesIn(of_kind(Kind::scheduler)), test_name);
INSTANTIATE_TEST_SUITE_P(All, EveryAugmentation, testing::ValuesIn(of_kind(Kind::augmentation)), test_name);

TEST_P(EveryComponent, DescribesItselfAndItsSettings) {
  EXPECT_FALSE(GetParam().summary.empty());
  for (const Setting& setting : settings) {
    EXPECT_FALSE(setting.help().empty()) << setting.key();
    EXPECT_FALSE(setting.expected().empty()) << setting.key();
  }
}

TEST_P(EveryComponent, DefaultsLieWithinTheirOwnRanges) {
  for (const Setting& setting : settings) {
    if (setting.is_required() || std::holds_alternative<std::monostate>(setting.fallback())) continue;
    EXPECT_TRUE(setting.allows(setting.fallback())) << setting.key();
  }
}

// The number as a value of the setting's type, as often as a list must hold one; none where the setting holds no numbers.
std::optional<Value> value_of(const Setting& setting, double number) {
  const std::string range = setting.range();
  const std::size_t size = range.starts_with("exactly ") ? std::stoul(range.substr(8)) : 1;
  switch (setting.type()) {
    case aviary::Type::integer: return static_cast<std::int64_t>(number);
    case aviary::Type::number: return number;
    case aviary::Type::integers: return std::vector<std::int64_t>(size, static_cast<std::int64_t>(number));
    case aviary::Type::numbers: return std::vector<double>(size, number);
    default: return std::nullopt;
  }
}

TEST_P(EveryComponent, RefusesValuesOutOfRange) {
  for (const Setting& setting : settings) {
    std::string range = setting.range();
    range = range.substr(0, range.find(" ("));  // without what is usual
    if (!setting.choices().empty()) {
      EXPECT_FALSE(setting.allows(std::string("no such choice"))) << setting.key();
    }
    const auto low = value_of(setting, -1e15);
    const auto high = value_of(setting, 1e15);
    if (!low) continue;
    const bool bounded_above = range.find(" to ") != std::string::npos || range.find("at most") != std::string::npos ||
                               range.find("below") != std::string::npos;
    const bool bounded_below = range.find(" to ") != std::string::npos || range.find("at least") != std::string::npos ||
                               range.find("above") != std::string::npos;
    EXPECT_EQ(setting.allows(*low), !bounded_below) << setting.key() << ": " << range;
    EXPECT_EQ(setting.allows(*high), !bounded_above) << setting.key() << ": " << range;
    if (setting.type() == aviary::Type::number) {
      EXPECT_FALSE(setting.allows(std::nan(""))) << setting.key();
    }
  }
}

TEST_P(EveryModel, GivesLogitsAndAFiniteGradientForEveryParameter) {
  torch::manual_seed(1);
  const auto model = made<aviary::Model>(GetParam().name, {}, {5, 3, 32});
  for (const std::int64_t batch : {1, 3}) {
    model->zero_grad();
    const at::Tensor logits = model->forward(torch::rand({batch, 3, 32, 32}));
    ASSERT_EQ(logits.sizes(), (std::vector<std::int64_t>{batch, 5}));
    ASSERT_TRUE(logits.isfinite().all().item<bool>());
    logits.square().sum().backward();
    for (const auto& item : model->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
    }
  }
}

TEST_P(EveryModel, NamesALayerOfItsOwnAsClassifier) {
  const auto model = made<aviary::Model>(GetParam().name, {}, {5, 3, 32});
  const auto parameters = model->named_parameters();
  const at::Tensor* const weight = parameters.find(model->classifier() + ".weight");
  ASSERT_NE(weight, nullptr) << model->classifier();
  EXPECT_EQ(weight->size(0), 5);
}

// Dropout and drop path: every setting below 1 that a model calls so, switched on.
Settings with_drops(const Available& available, double probability) {
  Settings drops;
  for (const Setting& setting : built_plugins().settings(available).settings)
    if (setting.key().starts_with("drop")) drops.emplace_back(setting.key(), probability);
  return drops;
}

std::vector<std::string> parameter_names(const aviary::Model& model) { return model.named_parameters().keys(); }

// The linear layer of some networks starts at zero, so that without this every logit would be zero.
void shake_classifier(aviary::Model& model) {
  const torch::NoGradGuard no_gradients;
  model.named_parameters()[model.classifier() + ".weight"].normal_();
}

TEST_P(EveryModel, DropsInTrainingOnlyAndNamesNothingAfterIt) {
  torch::manual_seed(3);
  const auto model = made<aviary::Model>(GetParam().name, with_drops(GetParam(), 0.5), {5, 3, 32});
  shake_classifier(*model);
  const torch::NoGradGuard no_gradients;
  const at::Tensor pictures = torch::rand({4, 3, 32, 32});
  model->train();
  EXPECT_FALSE(model->forward(pictures).equal(model->forward(pictures)));
  model->eval();
  EXPECT_TRUE(model->forward(pictures).equal(model->forward(pictures)));
  EXPECT_EQ(parameter_names(*made<aviary::Model>(GetParam().name, with_drops(GetParam(), 0), {5, 3, 32})),
            parameter_names(*model));
}

TEST_P(EveryModel, TrainsUnderBf16Autocast) {
  torch::manual_seed(4);
  const auto model = made<aviary::Model>(GetParam().name, {}, {5, 3, 64});
  shake_classifier(*model);
  at::Tensor logits;
  {
    const aviary::training::Autocast bf16("bf16");
    logits = model->forward(torch::rand({4, 3, 64, 64}));
  }
  EXPECT_EQ(logits.scalar_type(), at::kBFloat16);
  logits.to(at::kFloat).square().sum().backward();
  for (const auto& item : model->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_EQ(item.value().grad().scalar_type(), at::kFloat) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

TEST_P(EveryModel, IsTracedWithOnePictureAndRunsWithThree) {
  torch::manual_seed(1);
  const aviary::network::PictureSize size = {3, 64, 64};
  const auto model = made<aviary::Model>(GetParam().name, {}, {5, 3, 64});
  shake_classifier(*model);
  torch::jit::Module traced = aviary::network::trace(*model, size);
  EXPECT_NO_THROW(aviary::network::check_trace(traced, *model, size));
  std::int64_t parameters = 0;
  for (const auto& layer : aviary::network::read_layers(traced).layers) parameters += layer.parameters;
  EXPECT_EQ(parameters, aviary::training::count_parameters(*model)) << "a layer is not seen in the traced graph";
}

TEST_P(EveryModel, KeepsForTheBackwardPassWhatSummaryTells) {
  const auto model = made<aviary::Model>(GetParam().name, {}, {5, 3, 64});
  const auto told = 4 * aviary::network::activation_bytes(aviary::network::trace(*model, {3, 64, 64})).backward;
  const auto kept = aviary::test::kept_in_training(*model, torch::rand({4, 3, 64, 64}));
  EXPECT_NEAR(static_cast<double>(told) / static_cast<double>(kept), 1, 0.05);
}

struct TrainedOptimizer {
  explicit TrainedOptimizer(const std::string& name) {
    torch::manual_seed(2);
    for (const char* const parameter : {"a", "b"})
      parameters.push_back({.name = parameter, .tensor = torch::randn({3, 4}).requires_grad_()});
    optimizer = made<aviary::Optimizer>(name, {}, {parameters});
  }

  double pass(int t) {
    at::Tensor loss = torch::zeros({});
    for (aviary::Parameter& parameter : parameters) {
      parameter.tensor.mutable_grad().reset();
      loss = loss + (parameter.tensor - 0.1 * t).square().sum();
    }
    loss.backward();
    return loss.item<double>();
  }

  void steps(int from, int to) {
    for (int t = from; t < to; ++t) optimizer->step(0.1, [&](aviary::Gradient) { return pass(t); });
  }

  /// Copies of the weights, then of all that the optimizer remembers.
  std::vector<at::Tensor> state() {
    std::vector<at::Tensor> all;
    for (const aviary::Parameter& parameter : parameters) all.push_back(parameter.tensor.detach().clone());
    for (const auto& [name, tensor] : optimizer->state()) all.push_back(tensor.clone());
    return all;
  }

  std::vector<aviary::Parameter> parameters;
  std::unique_ptr<aviary::Optimizer> optimizer;
};

TEST_P(EveryOptimizer, FourStepsEqualTwoSaveLoadAndTwoBitForBit) {
  TrainedOptimizer through(GetParam().name);
  through.steps(0, 4);
  TrainedOptimizer before(GetParam().name);
  before.steps(0, 2);
  TrainedOptimizer after(GetParam().name);
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < after.parameters.size(); ++i) after.parameters[i].tensor.copy_(before.parameters[i].tensor);
  const auto saved = before.optimizer->state();
  const auto living = after.optimizer->state();
  ASSERT_EQ(saved.size(), living.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    EXPECT_EQ(saved[i].first, living[i].first);
    living[i].second.copy_(saved[i].second);
  }
  {
    const torch::AutoGradMode gradients(true);
    after.steps(2, 4);
  }
  for (std::size_t i = 0; i < after.parameters.size(); ++i) {
    EXPECT_TRUE(after.parameters[i].tensor.equal(through.parameters[i].tensor)) << after.parameters[i].name;
    EXPECT_FALSE(after.parameters[i].tensor.equal(before.parameters[i].tensor)) << "nothing moved";
  }
}

TEST_P(EveryOptimizer, IsAsBeforeTheStepWhenTheClosureThrows) {
  // In its first call, and in the second of those that look around.
  for (const int failing : {1, 2}) {
    TrainedOptimizer trained(GetParam().name);
    trained.steps(0, 2);
    const std::vector<at::Tensor> before = trained.state();
    int call = 0;
    try {
      trained.optimizer->step(0.1, [&](aviary::Gradient) {
        if (++call == failing) throw std::runtime_error("no batch");
        return trained.pass(2);
      });
      ASSERT_LT(call, failing);
      continue;
    } catch (const std::runtime_error&) {
    }
    const std::vector<at::Tensor> after = trained.state();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].equal(after[i])) << failing << ' ' << i;
  }
}

TEST_P(EveryOptimizer, LeavesParametersWithoutGradientAlone) {
  TrainedOptimizer trained(GetParam().name);
  const at::Tensor still = trained.parameters[0].tensor.detach().clone();
  const at::Tensor moved = trained.parameters[1].tensor.detach().clone();
  for (int t = 0; t < 2; ++t)
    trained.optimizer->step(0.1, [&](aviary::Gradient) {
      trained.parameters[1].tensor.mutable_grad() = torch::ones_like(moved);
      return 0.0;
    });
  EXPECT_TRUE(trained.parameters[0].tensor.equal(still));
  EXPECT_FALSE(trained.parameters[1].tensor.equal(moved));
}

TEST_P(EveryScheduler, IsFiniteNotNegativeAndDependsOnItsArgumentsAlone) {
  const auto first = made<aviary::Scheduler>(GetParam().name, {}, {30});
  const auto second = made<aviary::Scheduler>(GetParam().name, {}, {30});
  const std::vector<double> history(30, 0.5);
  std::vector<double> forward;
  for (std::int64_t epoch = 0; epoch < 30; ++epoch)
    forward.push_back(first->learning_rate(0.1, {epoch, 30, 1, 4, std::span(history).first(static_cast<std::size_t>(epoch))}));
  for (std::int64_t epoch = 29; epoch >= 0; --epoch) {
    const auto index = static_cast<std::size_t>(epoch);
    EXPECT_TRUE(std::isfinite(forward[index]) && forward[index] >= 0) << epoch;
    EXPECT_EQ(second->learning_rate(0.1, {epoch, 30, 1, 4, std::span(history).first(index)}), forward[index]) << epoch;
  }
}

TEST_P(EveryAugmentation, GivesTheSamePicturesFromFourThreadsAtOnce) {
  std::vector<std::unique_ptr<aviary::Augmentation>> augmentations;
  augmentations.push_back(made<aviary::Augmentation>(GetParam().name, {}, {24}));
  const aviary::data::Pipeline pipeline(std::move(augmentations), {});
  cv::Mat picture(24, 24, CV_8UC3);
  cv::theRNG().state = 7;
  cv::randu(picture, 0, 256);
  constexpr std::size_t count = 100;
  std::vector<std::vector<cv::Mat>> results(4, std::vector<cv::Mat>(count));
  std::vector<std::thread> threads;
  for (auto& mine : results)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < count; ++i) {
        aviary::Rng rng(3, {i});
        mine[i] = pipeline.apply(picture.clone(), rng).image;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(results[0][i].type(), CV_8UC3);
    ASSERT_FALSE(results[0][i].empty());
    for (std::size_t other = 1; other < results.size(); ++other) {
      ASSERT_EQ(results[other][i].size(), results[0][i].size());
      EXPECT_EQ(cv::norm(results[other][i], results[0][i], cv::NORM_INF), 0) << i;
    }
  }
}

}  // namespace
