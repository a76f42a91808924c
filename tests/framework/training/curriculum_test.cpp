#include "training/curriculum.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "framework/training/tiny.hpp"
#include "training/experiment.hpp"

namespace {

using aviary::test::bytes_of;
using aviary::training::Experiment;

// Epochs of the Tiny recipe's 36 pictures.
struct CurriculumTest : aviary::test::Tiny {
  static std::vector<aviary::data::Batch> epoch(const Experiment& experiment, std::int64_t number) {
    const auto& train = experiment.dataset.train;
    aviary::data::Loader loader(train, experiment.preparation, aviary::training::loader_options(experiment, train, 2));
    experiment.curriculum.start(loader, number);
    return aviary::data::next_batches(loader, 1000);
  }

  static bool same_pictures(const std::vector<aviary::data::Batch>& one, const std::vector<aviary::data::Batch>& other) {
    return std::ranges::equal(one, other, [](const auto& a, const auto& b) { return at::equal(a.images, b.images); });
  }
};

const std::string plain_then_flips =
    "curriculum=[{epochs=1,augment=false},{epochs=1,augment=[{type=\"vertical_flip\",probability=1}]},{}]";

TEST_F(CurriculumTest, PhasesSeeTheSamePicturesInTheirOwnWay) {
  const Experiment phases(recipe({plain_then_flips}));
  const Experiment plain(recipe({"augment=[]"}));
  const Experiment flips(recipe({"augment=[{type=\"vertical_flip\",probability=1}]"}));
  const Experiment usual(recipe());
  EXPECT_TRUE(same_pictures(epoch(phases, 0), epoch(plain, 0)));
  EXPECT_FALSE(same_pictures(epoch(phases, 0), epoch(usual, 0)));
  EXPECT_TRUE(same_pictures(epoch(phases, 1), epoch(flips, 1)));
  EXPECT_TRUE(same_pictures(epoch(phases, 2), epoch(usual, 2)));
  EXPECT_TRUE(same_pictures(epoch(phases, 7), epoch(usual, 7))) << "after the end";
  EXPECT_EQ(phases.curriculum.first_augmented(), 1);
  EXPECT_EQ(Experiment(recipe({"curriculum=[{epochs=1,augment=false},{pattern=\"PA\"}]"})).curriculum.first_augmented(), 2);
  EXPECT_EQ(Experiment(recipe({"curriculum=[{augment=false}]"})).curriculum.first_augmented(), 0);
}

TEST_F(CurriculumTest, StrengthIsHowOftenAugmentationsAreDrawn) {
  const std::string flips = "augment=[{type=\"horizontal_flip\",probability=1}]";
  const Experiment third(recipe({flips, "curriculum=[{augment=0.3}]"}));
  const Experiment plain(recipe({"augment=[]"}));
  int changed = 0;
  for (std::int64_t number = 0; number < 30; ++number) {
    const auto drawn = epoch(third, number);
    const auto still = epoch(plain, number);
    for (std::size_t i = 0; i < drawn.size(); ++i)
      for (std::int64_t row = 0; row < drawn[i].images.size(0); ++row)
        changed += at::equal(drawn[i].images[row], still[i].images[row]) ? 0 : 1;
  }
  EXPECT_NEAR(changed / (30.0 * 36), 0.3, 0.06);
}

TEST_F(CurriculumTest, PhasesHaveTheirOwnShareOfThePictures) {
  const Experiment experiment(recipe({"curriculum=[{epochs=2,epoch_fraction=0.5},{}]"}));
  EXPECT_EQ(epoch(experiment, 0).size(), 3) << "of 8, 8 and 2 pictures";
  EXPECT_EQ(epoch(experiment, 2).size(), 5);
}

TEST_F(CurriculumTest, InterruptedInAnyPhaseAndResumedEqualsUninterrupted) {
  const std::vector<std::string> settings = {
      "curriculum=[{epochs=1,augment=false,epoch_fraction=0.5},{pattern=\"AP\",augment=0.5}]"};
  train("through", settings);
  for (const int batches : {2, 3, 5, 9}) {  // epochs of 3, 5 and 5 batches
    const std::string run = "after_" + std::to_string(batches);
    EXPECT_TRUE(train(run, settings, 1, batches).interrupted);
    EXPECT_FALSE(resume(run, settings).interrupted);
    EXPECT_TRUE(state(run) == state("through")) << batches;
  }
}

}  // namespace
