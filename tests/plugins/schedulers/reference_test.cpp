// Every schedule against PyTorch's own class, and the deck's cosines against the formula that the deck names:
// script/make-schedule-references wrote reference.txt.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Kind;
using aviary::Progress;
using aviary::Scheduler;
using aviary::SchedulerContext;
using aviary::test::component_recipe;
using aviary::test::made;
using aviary::test::Settings;
using Rates = std::vector<double>;

const Rates& reference(const std::string& name) {
  static const auto all = [] {
    std::map<std::string, Rates> read;
    std::ifstream file(AVIARY_SOURCE_DIR "/tests/plugins/schedulers/reference.txt");
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string title;
      words >> title;
      for (double rate = 0; words >> rate;) read[title].push_back(rate);
    }
    return read;
  }();
  return all.at(name);
}

void expect_rates(const Rates& found, const Rates& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(found[i] - expected[i]);
    EXPECT_LE(difference, 1e-12 * std::abs(expected[i])) << "at " << i << ": " << found[i] << ", not " << expected[i];
  }
}

Rates per_epoch(const Scheduler& schedule, double base, std::int64_t epochs, const Rates& history = {}) {
  Rates rates;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto seen = std::min(static_cast<std::size_t>(epoch), history.size());
    rates.push_back(
        schedule.learning_rate(base, {.epoch = epoch, .epochs = epochs, .history = std::span(history).first(seen)}));
  }
  return rates;
}

Rates per_step(const Scheduler& schedule, double base, std::int64_t epochs, std::int64_t steps) {
  Rates rates;
  for (std::int64_t i = 0; i < epochs * steps; ++i)
    rates.push_back(
        schedule.learning_rate(base, {.epoch = i / steps, .epochs = epochs, .step = i % steps, .steps = steps, .history = {}}));
  return rates;
}

struct Schedule {
  std::string name;  // in reference.txt
  std::string type;
  Settings settings;
  double base = 0.1;
};

std::int64_t whole(int number) { return number; }
std::vector<std::int64_t> wholes(std::vector<std::int64_t> numbers) { return numbers; }

class ScheduleReference : public testing::TestWithParam<Schedule> {};

TEST_P(ScheduleReference, RatesPerEpochAreEqual) {
  const Rates& expected = reference(GetParam().name);
  const auto epochs = std::ssize(expected);
  expect_rates(per_epoch(*made<Scheduler>(GetParam().type, GetParam().settings, {epochs}), GetParam().base, epochs), expected);
}

const Settings deck_cosine = {{"T_0", whole(9)}, {"T_mult", whole(2)}, {"eta_max", 0.01}, {"T_up", whole(2)}, {"gamma", 0.4}};

INSTANTIATE_TEST_SUITE_P(
    All, ScheduleReference,
    testing::ValuesIn(std::vector<Schedule>{
        {"step", "step", {{"gamma", 0.5}, {"at", Rates{0.2, 0.4, 0.6, 0.8}}}},
        {"deck_step", "step", {}},
        {"milestones", "milestones", {{"milestones", wholes({43, 45, 47})}}},
        {"exponential", "exponential", {{"gamma", 0.9}}},
        {"polynomial", "polynomial", {{"power", 2.0}}},
        {"polynomial_short", "polynomial", {{"power", 0.5}, {"total_iters", whole(20)}}},
        {"cosine", "cosine", {{"eta_min", 0.001}}},
        {"cosine_T_max", "cosine", {{"eta_min", 0.001}, {"T_max", whole(20)}}},
        {"restarts", "cosine_warmup_restarts", {{"T_0", whole(5)}, {"T_mult", whole(2)}, {"eta_max", 0.1}}, 0.001},
        {"deck_base_0", "cosine_warmup_restarts", deck_cosine, 0},
        {"deck_base", "cosine_warmup_restarts", deck_cosine, 0.001},
        {"deck_halving",
         "cosine_warmup_restarts",
         {{"T_0", whole(5)}, {"eta_max", 0.1}, {"T_up", whole(1)}, {"gamma", 0.5}},
         0.0001},
        {"deck_no_rise", "cosine_warmup_restarts", {{"eta_max", 0.05}}, 0.0001},
        {"one_cycle_linear",
         "one_cycle",
         {{"max_lr", 0.5},
          {"pct_start", 0.1},
          {"anneal_strategy", std::string("linear")},
          {"div_factor", 10.0},
          {"final_div_factor", 100.0},
          {"per", std::string("epoch")}}},
    }),
    [](const auto& tested) { return tested.param.name; });

TEST(ReferencePerStep, CosineAndOneCycleMoveWithEveryStep) {
  expect_rates(per_step(*made<Scheduler>("cosine", {{"eta_min", 0.001}, {"per", std::string("step")}}, {12}), 0.1, 12, 5),
               reference("cosine_per_step"));
  expect_rates(per_step(*made<Scheduler>("one_cycle", {}, {12}), 0.5, 12, 5), reference("one_cycle"));
}

TEST(ReferencePlateau, DropsWhenPyTorchsDoes) {
  const Rates metric = reference("metric");
  const auto rates = [&](const Settings& settings) {
    return per_epoch(*made<Scheduler>("plateau", settings, {60}), 0.1, 60, metric);
  };
  const std::string min = "min";
  expect_rates(rates({{"mode", min}, {"factor", 0.5}, {"patience", whole(2)}}), reference("plateau_rel"));
  expect_rates(rates({{"mode", min},
                      {"factor", 0.5},
                      {"patience", whole(1)},
                      {"threshold", 0.01},
                      {"threshold_mode", std::string("abs")},
                      {"cooldown", whole(3)},
                      {"min_lr", 0.002}}),
               reference("plateau_abs"));
  expect_rates(rates({{"factor", 0.3}, {"patience", whole(3)}}), reference("plateau_max"));
}

std::unique_ptr<Scheduler> warmup(const Settings& settings) {
  auto recipe = component_recipe(Kind::scheduler, "warmup", settings);
  recipe.components["schedule"] = {component_recipe(Kind::scheduler, "cosine", {{"eta_min", 0.001}})};
  return aviary::recipe::make<Scheduler>(recipe, {55});
}

TEST(ReferenceWarmup, RisesAsLinearLRDoesAndThenGivesTheWholeSchedule) {
  Rates expected = reference("linear");
  expected.pop_back();
  expected.insert(expected.end(), reference("cosine").begin(), reference("cosine").end());
  expect_rates(per_epoch(*warmup({{"start_factor", 0.25}}), 0.1, 55), expected);
  std::fill(expected.begin(), expected.begin() + 5, 0.025);
  expect_rates(per_epoch(*warmup({{"start_factor", 0.25}, {"mode", std::string("constant")}}), 0.1, 55), expected);
}

TEST(ReferenceWarmup, RisesWithEveryStepWhereAsked) {
  const auto found = per_step(*warmup({{"start_factor", 0.0}, {"per", std::string("step")}}), 0.1, 55, 4);
  for (int i = 0; i < 20; ++i) EXPECT_DOUBLE_EQ(found[static_cast<std::size_t>(i)], 0.1 * i / 20) << i;
  EXPECT_EQ(found[20], 0.1);
}

}  // namespace
