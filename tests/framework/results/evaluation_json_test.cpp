#include "results/evaluation_json.hpp"

#include <string>

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using aviary::data::Split;
using aviary::results::evaluation_json;
using aviary::results::Outputs;
using aviary::results::score;
using nlohmann::ordered_json;

// Four pictures of three classes: two right, two of class 1 taken for class 0. Rows are in another order than the split.
Outputs outputs() {
  return {.logits = at::tensor({9., 0., 0., 4., 0., 0., 6., 0., 0., 0., 0., 9.}).view({4, 3}),
          .labels = at::tensor({0, 1, 1, 2}, at::kLong),
          .samples = {3, 2, 1, 0}};
}

const Split split{"validation",
                  {{"c/0.jpg", 0, {}, {}}, {"b/1.jpg", 0, {}, {}}, {"b/2.jpg", 0, {}, {}}, {"a/3.jpg", 0, {}, {}}}};

std::string picture(std::size_t sample) { return "picture " + std::to_string(sample); }

TEST(EvaluationJson, HoldsTheCellsOfTheMatrixThatHavePictures) {
  const ordered_json shown = evaluation_json(score(outputs()), split, picture);
  EXPECT_EQ(shown["confusion"], ordered_json::parse("[0, 0, 1, 1, 0, 2, 2, 2, 1]"));
  EXPECT_EQ(shown["classes"].size(), 3);
  EXPECT_EQ(shown["classes"][1], ordered_json::parse("[2, 0.0, 0.0, 0.0]")) << "pictures, precision, recall, F1";
  EXPECT_EQ(shown["top1"], 0.5);
  EXPECT_EQ(shown["calibration"]["bins"].size(), 15);
}

TEST(EvaluationJson, ShowsThePicturesOfConfusedPairsAndTheWorstOfAll) {
  const ordered_json shown = evaluation_json(score(outputs()), split, picture);
  ASSERT_EQ(shown["confused"].size(), 1);
  const ordered_json& pair = shown["confused"][0];
  EXPECT_EQ(pair["label"], 1);
  EXPECT_EQ(pair["predicted"], 0);
  EXPECT_EQ(pair["pictures"], 2);
  EXPECT_EQ(pair["examples"][0]["name"], "b/2.jpg");
  EXPECT_EQ(pair["examples"][1]["picture"], "picture 1");
  ASSERT_EQ(shown["worst"].size(), 2) << "right ones are not among them";
  EXPECT_EQ(shown["worst"][0]["name"], "b/1.jpg") << "the surest of it";
}

}  // namespace
