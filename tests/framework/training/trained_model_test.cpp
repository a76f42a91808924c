#include "training/trained_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/model.hpp>

#include "framework/training/tiny.hpp"
#include "results/prediction.hpp"
#include "weights/safetensors.hpp"

namespace {

using aviary::Error;
using aviary::results::Prediction;
using aviary::test::built_plugins;
using aviary::test::message_of;
using aviary::training::TrainedModel;

struct TrainedModelTest : aviary::test::Tiny {
  TrainedModelTest() { train("run", {"training.epochs=6"}); }

  static std::vector<Prediction> predict(const TrainedModel& trained, const std::vector<std::filesystem::path>& files) {
    std::vector<Prediction> all;
    const std::atomic<bool> stop = false;
    aviary::results::predict(*trained.model, trained.callee, trained.preparation, aviary::results::in_turn(files), 2, stop,
                             [&](const Prediction& prediction) { all.push_back(prediction); });
    return all;
  }

  std::filesystem::path picture(const std::string& color) const { return folder_ / "data/test" / color / "0.png"; }

  const std::filesystem::path weights = folder_ / "run/checkpoints/last/model.safetensors";
};

TEST_F(TrainedModelTest, WeightsOfACheckpointNeedNothingElse) {
  const TrainedModel trained = aviary::training::read_trained_model(weights, built_plugins());
  EXPECT_THAT(trained.classes, testing::ElementsAre("blue", "green", "red"));
  EXPECT_EQ(trained.preparation.image_size, 16);
  const std::vector<Prediction> predictions = predict(trained, {picture("red"), picture("green"), picture("blue")});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& logits = predictions[i].logits;
    EXPECT_EQ(std::ranges::max_element(logits) - logits.begin(), static_cast<std::ptrdiff_t>(2 - i)) << predictions[i].file;
  }
}

TEST_F(TrainedModelTest, MayHaveMoreOutputsThanClasses) {
  train("wide", {"data.classes=7", "training.epochs=1"});
  const TrainedModel trained =
      aviary::training::read_trained_model(folder_ / "wide/checkpoints/last/model.safetensors", built_plugins());
  EXPECT_EQ(trained.classes.size(), 3);
  EXPECT_EQ(predict(trained, {picture("red")})[0].logits.size(), 7);
}

TEST_F(TrainedModelTest, ARecipeWithTheWeightsGivesTheSameLogits) {
  const TrainedModel lone = aviary::training::read_trained_model(weights, built_plugins());
  const TrainedModel with_recipe = aviary::training::model_with_weights(recipe(), weights);
  EXPECT_EQ(with_recipe.classes, lone.classes);
  EXPECT_EQ(predict(lone, {picture("red")})[0].logits, predict(with_recipe, {picture("red")})[0].logits);
}

TEST_F(TrainedModelTest, ATrainingStartsFromTheWeightsThatItsRecipeNames) {
  const auto from = recipe({"model.weights=" + weights.string()});
  const aviary::training::Learner learner(from, 3);
  EXPECT_TRUE(aviary::training::start_from_weights(from, *learner.model, {"blue", "green", "red"}).empty());
  const TrainedModel lone = aviary::training::read_trained_model(weights, built_plugins());
  for (const auto& item : learner.model->named_parameters())
    EXPECT_TRUE(item.value().equal(lone.model->named_parameters()[item.key()])) << item.key();
}

TEST_F(TrainedModelTest, ATrainingStartsFromARun) {
  for (const std::string source : {"run/last", "run/epoch-6"}) {
    auto from = recipe({"model.weights=" + (folder_ / source).string()});
    aviary::training::find_start(from);
    EXPECT_EQ(from.start.weights, (folder_ / "run/checkpoints/epoch-0006/model.safetensors").string());
    EXPECT_THAT(to_toml(from.resolved, false), testing::HasSubstr("weights = \"" + *from.start.weights + '"'));
  }
}

TEST_F(TrainedModelTest, SaysWhereTheRecipeNamesWeightsThatCannotBeUsed) {
  const auto refusal = [&](const std::string& source, std::int64_t width) {
    auto from = recipe({"model.weights=" + source, "model.width=" + std::to_string(width)});
    return message_of<aviary::recipe::RecipeError>([&] {
      aviary::training::find_start(from);
      const aviary::training::Learner learner(from, 3);
      aviary::training::start_from_weights(from, *learner.model, {});
    });
  };
  const std::string run = (folder_ / "run").string();
  EXPECT_THAT(refusal(run + "/epoch-9", 1),
              testing::StartsWith("--set model.weights: " + run + " has no checkpoint epoch-9; there are: best, "));
  EXPECT_EQ(refusal("nowhere.pt", 1), "--set model.weights: nowhere.pt does not exist; correct it, or bring the weights there");
  EXPECT_THAT(refusal(run, 2),
              testing::MatchesRegex("--set model.weights: .* does not fit this model: it has other shapes: .*; take "
                                    "the weights of this network, or the network of these weights"));
}

TEST_F(TrainedModelTest, RefusesWeightsThatDoNotSayWhatTheyAre) {
  aviary::weights::save_safetensors(folder_ / "bare.safetensors", {});
  EXPECT_EQ(message_of<Error>([&] { aviary::training::read_trained_model(folder_ / "bare.safetensors", built_plugins()); }),
            (folder_ / "bare.safetensors").string() +
                " does not say its model, as the model.safetensors of a checkpoint does; give a recipe for it: aviary predict "
                "RECIPE FILES --weights " +
                (folder_ / "bare.safetensors").string());
}

TEST_F(TrainedModelTest, NamesPicturesThatCannotBeReadAndGoesOn) {
  aviary::test::put_bytes(folder_ / "text.jpg", "no picture");
  const auto predictions = predict(aviary::training::read_trained_model(weights, built_plugins()),
                                   {picture("red"), folder_ / "text.jpg", folder_ / "missing.png", picture("blue")});
  ASSERT_EQ(predictions.size(), 4U);
  EXPECT_EQ(predictions[0].error, "");
  EXPECT_NE(predictions[1].error, "");
  EXPECT_NE(predictions[2].error, "");
  EXPECT_EQ(predictions[3].logits.size(), 3U);
}

TEST(Probabilities, AddUpToOneAlsoForLargeLogits) {
  const auto shares = aviary::results::probabilities({1000, 1001});
  EXPECT_NEAR(shares[1], 1 / (1 + std::exp(-1.0)), 1e-12);
  EXPECT_NEAR(shares[0] + shares[1], 1, 1e-12);
}

}  // namespace
