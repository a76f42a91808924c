// What the loader draws for each picture: another draw for every picture of an epoch and in every epoch, whichever worker
// prepares it. (Workers that share a generator's state, or start with the same seed, repeat each other's draws.)
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/loader.hpp"
#include "plugins/augment/applied.hpp"

namespace aviary::test {
namespace {

constexpr int pictures = 32;
constexpr int epochs = 3;
constexpr int side = 48;

struct DrawCase {
  std::string name;
  Settings settings;
};

// Those that draw numbers from so wide a range that no draw comes twice.
std::vector<DrawCase> draw_cases() {
  using Numbers = std::vector<double>;
  return {
      {"rotate", {{"limit", Numbers{-180, 180}}}},
      {"shift_scale_rotate", {}},
      {"perspective", {}},
      {"elastic_transform", {}},
      {"grid_distortion", {}},
      {"random_resized_crop", {}},
      {"hue_saturation_value", {{"hue_shift_limit", Numbers{-180, 180}}}},
      {"color_jitter", {}},
      {"gauss_noise", {}},
      {"multiplicative_noise", {{"multiplier", Numbers{0, 1}}}},
      {"coarse_dropout", {}},
  };
}

// What was made of `pictures` equal pictures in every epoch, each as its bytes.
std::vector<std::string> drawn(const DrawCase& by, int workers) {
  data::Split split{"train", {}};
  for (int i = 0; i < pictures; ++i) split.samples.push_back({fmt::format("{}", i), 0, {}, picture(side, side)});
  data::Loader loader(split, {side, "area", {}, {1, 1, 1}}, {.batch_size = 4, .workers = workers});
  Settings settings = by.settings;
  settings.emplace_back("probability", 1.0);
  const data::Pipeline pipeline = pipeline_of(by.name, settings, side);
  std::vector<std::string> all;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    loader.start(epoch, data::Order::in_order, &pipeline);
    while (const auto batch = loader.next())
      for (std::int64_t row = 0; row < batch->images.size(0); ++row) {
        const at::Tensor values = batch->images[row].contiguous();
        all.emplace_back(static_cast<const char*>(values.data_ptr()), values.nbytes());
      }
  }
  return all;
}

struct Draws : testing::TestWithParam<DrawCase> {};

TEST_P(Draws, DifferBetweenPicturesEpochsAndWorkers) {
  const std::vector<std::string> all = drawn(GetParam(), 3);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), std::size_t{pictures} * epochs);
  EXPECT_EQ(all, drawn(GetParam(), 1)) << "and do not depend on the number of workers";
}

INSTANTIATE_TEST_SUITE_P(Augment, Draws, testing::ValuesIn(draw_cases()), [](const auto& tried) { return tried.param.name; });

}  // namespace
}  // namespace aviary::test
