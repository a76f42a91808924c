// EMA, SWA, accumulation and mixing, each within a whole training.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/model.hpp>

#include "framework/training/tiny.hpp"
#include "training/step.hpp"
#include "training/weight_average.hpp"
#include "weights/safetensors.hpp"

namespace {

using aviary::test::bytes_of;
using aviary::test::message_of;
using aviary::training::Learner;
using aviary::training::WeightAverage;
using Settings = std::vector<std::string>;

struct Averaging : aviary::test::Tiny {
  std::filesystem::path last(const std::string& run, const std::string& file) const {
    return folder_ / run / "checkpoints/last" / file;
  }
};

TEST(EmaKeep, StartsLowWithWarmup) {
  EXPECT_DOUBLE_EQ(aviary::training::ema_keep(0.999, true, 0), 0.1);
  EXPECT_DOUBLE_EQ(aviary::training::ema_keep(0.999, true, 90), 0.91);
  EXPECT_DOUBLE_EQ(aviary::training::ema_keep(0.9, true, 1000), 0.9);
  EXPECT_DOUBLE_EQ(aviary::training::ema_keep(0.999, false, 0), 0.999);
}

TEST_F(Averaging, AnEmaIsScoredAndSavedBesideTheWeights) {
  const auto outcome = train("run", {"ema.decay=0.5", "training.metric=ema.top1"});
  ASSERT_TRUE(outcome.ema);
  EXPECT_TRUE(outcome.best);
  const auto ema = aviary::weights::load_safetensors(last("run", "ema.safetensors"));
  EXPECT_EQ(ema.metadata.at("updates"), "15");  // 3 epochs of 36 pictures in batches of 8
  EXPECT_FALSE(
      ema.tensors[0].second.equal(aviary::weights::load_safetensors(last("run", "model.safetensors")).tensors[0].second));
}

TEST_F(Averaging, AnEmaOfDecayZeroIsTheWeights) {
  train("run", {"ema.decay=0", "ema.warmup=false"});
  const auto ema = aviary::weights::load_safetensors(last("run", "ema.safetensors")).tensors;
  const auto model = aviary::weights::load_safetensors(last("run", "model.safetensors")).tensors;
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_TRUE(ema[i].second.equal(model[i].second)) << model[i].first;
}

TEST_F(Averaging, ChangesNothingOfTheTrainingItself) {
  train("plain");
  train("averaged", {"ema.decay=0.9", "swa.epochs=2"});
  EXPECT_TRUE(state("plain") == state("averaged"));
}

TEST_F(Averaging, SwaIsTheMeanOfTheLastEpochsWithStatisticsOfItsOwn) {
  const auto outcome = train("run", {"swa.epochs=2", "checkpoint.keep=3"});
  ASSERT_TRUE(outcome.swa);
  const auto weights = [&](const std::string& checkpoint) {
    return aviary::weights::load_safetensors(folder_ / "run/checkpoints" / checkpoint / "model.safetensors").tensors;
  };
  const auto second = weights("epoch-0002");
  const auto third = weights("epoch-0003");
  const auto swa = weights("swa");
  for (std::size_t i = 0; i < swa.size(); ++i) {
    const std::string& name = swa[i].first;
    const at::Tensor mean = (second[i].second + third[i].second) / 2;
    if (name.ends_with("tracked") || name.ends_with("running_mean")) continue;
    const bool statistics = name.ends_with("running_var");
    EXPECT_EQ(swa[i].second.allclose(mean, 1e-5, 1e-6), !statistics) << name;
  }
}

TEST_F(Averaging, AnInterruptedRunGoesOnWithItsAverages) {
  const Settings settings = {"ema.decay=0.9", "swa.epochs=2", "early_stopping.patience=3"};
  train("through", settings);
  train("cut", settings, 1, 7);
  aviary::training::Experiment experiment(recipe(settings));
  const auto folder = aviary::results::RunFolder::open(folder_ / "cut");
  const auto position = aviary::training::load_checkpoint(folder.checkpoint("last"), experiment);
  go_on(experiment, folder, position, 1, 0);
  for (const char* const file : {"model.safetensors", "ema.safetensors", "swa.safetensors", "state.json"}) {
    const bool same = bytes_of(last("through", file)) == bytes_of(last("cut", file));
    EXPECT_TRUE(same || std::string(file) == "state.json") << file;
  }
}

TEST_F(Averaging, AccumulatedBatchesMakeTheStepOfOneLargeBatch) {
  const auto gradient_of = [&](const Settings& settings) {
    aviary::training::Experiment experiment(recipe(settings));
    aviary::data::Loader loader(experiment.dataset.train, experiment.preparation,
                                {.batch_size = experiment.recipe().data.batch_size, .workers = 1});
    loader.start(0, aviary::data::Order::in_order, nullptr);
    std::vector<aviary::data::Batch> batches;
    for (std::int64_t i = 0; i < experiment.recipe().gradient.accumulate; ++i) batches.push_back(std::move(*loader.next()));
    experiment.learner.model->eval();  // batch norm sees each batch by itself
    aviary::training::train_step(experiment.learner, batches, experiment.dataset.train, {});
    return experiment.learner.model->parameters()[0].detach().clone();
  };
  const at::Tensor large = gradient_of({"model.dropout=0", "data.batch_size=12"});
  const at::Tensor small = gradient_of({"model.dropout=0", "data.batch_size=4", "gradient.accumulate=3"});
  EXPECT_TRUE(large.allclose(small, 1e-4, 1e-6));
}

TEST_F(Averaging, MixedPicturesTrainWithBothTargets) {
  for (const char* const type : {"mixup", "cutmix"}) {
    const auto outcome = train(type, {"augment=[{type=\"" + std::string(type) + "\", probability=1.0}]"});
    EXPECT_GT(outcome.train.loss, 0) << type;
    EXPECT_EQ(outcome.train.pictures, 36) << type;
  }
}

TEST_F(Averaging, StopsEarly) {
  const auto outcome = train("run", {"training.epochs=50", "early_stopping.patience=2", "early_stopping.min_delta=1"});
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/epoch-0003"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/checkpoints/epoch-0004"));
}

}  // namespace
