#include "results/scoring.hpp"

#include <cmath>
#include <limits>

#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

namespace {

using aviary::results::Confusion;
using aviary::results::Evaluation;
using aviary::results::most_confused;
using aviary::results::Outputs;
using aviary::results::Record;
using aviary::results::score;
using aviary::results::wilson_interval;
using aviary::results::worst;
using testing::ElementsAre;

// Five pictures of three classes, of which the last has none; samples count down, to be told from rows.
Outputs five_pictures() {
  return {at::tensor({2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 5.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 4.0}).view({5, 3}),
          at::tensor({0, 0, 1, 1, 1}, at::kLong),
          {9, 8, 7, 6, 5}};
}

TEST(Scoring, CountsWhatIsTakenForWhat) {
  const Evaluation evaluation = score(five_pictures());
  EXPECT_EQ(evaluation.scores.pictures, 5);
  EXPECT_DOUBLE_EQ(evaluation.scores.top1, 0.4);
  EXPECT_DOUBLE_EQ(evaluation.top5, 1);
  EXPECT_EQ(evaluation.confusion[1][0].item<std::int64_t>(), 1);
  EXPECT_DOUBLE_EQ(evaluation.classes[0].precision, 0.5);
  EXPECT_DOUBLE_EQ(evaluation.classes[0].recall, 0.5);
  EXPECT_DOUBLE_EQ(evaluation.classes[1].precision, 0.5);
  EXPECT_NEAR(evaluation.classes[1].recall, 1.0 / 3, 1e-12);
  EXPECT_NEAR(evaluation.classes[1].f1, 0.4, 1e-12);
  EXPECT_EQ(evaluation.classes[2].pictures, 0);
}

TEST(Scoring, LeavesClassesWithoutPicturesOutOfTheMeans) {
  const Evaluation evaluation = score(five_pictures());
  EXPECT_NEAR(evaluation.macro_f1, (0.5 + 0.4) / 2, 1e-12);
  EXPECT_NEAR(evaluation.weighted_f1, (2 * 0.5 + 3 * 0.4) / 5, 1e-12);
}

TEST(Scoring, NamesTheWorstPicturesByTheirPlaceInTheSplit) {
  const std::vector<Record> records = worst(score(five_pictures()), 2);
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].sample, 7);  // sure of 5.0 against 0.0
  EXPECT_EQ(records[0].predicted, 0);
  EXPECT_EQ(records[1].sample, 5);
  EXPECT_GT(records[0].loss, records[1].loss);
}

TEST(Scoring, OrdersConfusionsByTheirPictures) {
  Outputs outputs = five_pictures();
  outputs.logits[0] = at::tensor({0.0, 0.0, 3.0});
  outputs.logits[1] = at::tensor({0.0, 0.0, 3.0});
  const std::vector<Confusion> confusions = most_confused(score(outputs), 2);
  ASSERT_EQ(confusions.size(), 2);
  EXPECT_EQ(confusions[0].pictures, 2);
  EXPECT_EQ(confusions[0].label, 0);
  EXPECT_EQ(confusions[0].predicted, 2);
  EXPECT_EQ(confusions[1].label, 1);
  EXPECT_EQ(confusions[1].predicted, 0);
}

// Agresti and Coull, 1998, and Newcombe, 1998, print such intervals: 81 of 263 is 0.2553 to 0.3662, 0 of 20 is 0 to 0.1611.
TEST(Scoring, GivesThePublishedIntervals) {
  EXPECT_NEAR(wilson_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson_interval(81, 263).high, 0.3662, 5e-5);
  EXPECT_DOUBLE_EQ(wilson_interval(0, 20).low, 0);
  EXPECT_NEAR(wilson_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_DOUBLE_EQ(wilson_interval(20, 20).high, 1);
}

TEST(Scoring, SurvivesAModelThatHasGoneAstray) {
  Outputs outputs = five_pictures();
  outputs.logits.fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(score(outputs).scores.loss));
}

TEST(Calibration, FindsTheTemperatureThatLogitsWereMultipliedBy) {
  // Three of four are right, and log 3 says just that; here it is said four times as loud.
  const at::Tensor logits = at::tensor({std::log(3.0), 0.0}).repeat({4, 1}).mul(4);
  const at::Tensor labels = at::tensor({0, 0, 0, 1}, at::kLong);
  const auto calibration = aviary::results::calibrate(logits, labels);
  EXPECT_NEAR(calibration.temperature, 4, 1e-6);
  EXPECT_NEAR(calibration.error, 81.0 / 82 - 0.75, 1e-9);
  EXPECT_NEAR(calibration.error_after, 0, 1e-6);
  EXPECT_EQ(calibration.bins.size(), 15);
  EXPECT_EQ(calibration.bins.back().pictures, 4);
}

}  // namespace
