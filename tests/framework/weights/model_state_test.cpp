#include "weights/model_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "plugins/made.hpp"

namespace {

using aviary::Error;
using aviary::Model;
using aviary::test::made;
using aviary::test::message_of;
using aviary::weights::state_of;
using aviary::weights::take_over;
using aviary::weights::Tensors;

std::unique_ptr<Model> network(std::int64_t classes, std::int64_t width = 1) {
  return made<Model>("wide_resnet", {{"depth", std::int64_t{10}}, {"width", width}}, {classes, 3, 32});
}

Tensors copy_of(const Model& model) {
  Tensors copy;
  for (const auto& [name, tensor] : state_of(model)) copy.tensors.emplace_back(name, tensor.detach().clone());
  return copy;
}

std::string refusal(const Tensors& saved, const Model& model) {
  return message_of<Error>([&] { take_over(saved, model, {}, "w.pt"); });
}

TEST(TakeOver, CopiesEveryTensor) {
  const auto from = network(7);
  const auto to = network(7);
  EXPECT_TRUE(take_over(copy_of(*from), *to, {}, "w.pt").empty());
  const auto left = state_of(*from);
  const auto right = state_of(*to);
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_TRUE(left[i].second.equal(right[i].second)) << left[i].first;
}

TEST(TakeOver, LeavesAClassifierForOtherClassesAsItIsAndSaysSo) {
  const auto from = network(7);
  const auto to = network(5);
  EXPECT_THAT(take_over(copy_of(*from), *to, {}, "w.pt"),
              testing::ElementsAre(
                  "w.pt is for 7 classes, this model for 5: its f.8_classification is not taken over and starts anew"));
  EXPECT_TRUE(state_of(*from)[0].second.equal(state_of(*to)[0].second));
}

TEST(TakeOver, StartsTheClassifierAnewForClassesInAnotherOrder) {
  const auto from = network(2);
  const auto to = network(2);
  const auto classifier = [](const auto& model) { return model->named_parameters()["f.8_classification.weight"].detach(); };
  classifier(from).fill_(3);
  Tensors saved = copy_of(*from);
  saved.metadata["classes"] = R"(["left","right"])";
  EXPECT_TRUE(take_over(saved, *network(2), {"left", "right"}, "w").empty());
  EXPECT_THAT(take_over(saved, *to, {"right", "left"}, "w"),
              testing::ElementsAre("w is for other classes than the data has, or for another order of them: its "
                                   "f.8_classification is not taken over and starts anew"));
  EXPECT_FALSE(classifier(from).equal(classifier(to)));
  EXPECT_TRUE(state_of(*from)[0].second.equal(state_of(*to)[0].second));
}

TEST(TakeOver, DoesWithoutBatchNormCounters) {
  const auto from = network(7);
  const auto to = network(7);
  Tensors saved = copy_of(*from);
  std::erase_if(saved.tensors, [](const auto& entry) { return entry.first.ends_with("num_batches_tracked"); });
  EXPECT_EQ(refusal(saved, *to), "");
}

TEST(TakeOver, ListsWhatIsMissingUnexpectedAndMisshapen) {
  const auto model = network(7);
  Tensors saved = copy_of(*model);
  saved.tensors[0].second = torch::zeros({16, 3, 5, 5});
  saved.tensors[1].first = "features.conv.weight";
  const std::string missing = state_of(*model)[1].first;
  EXPECT_EQ(refusal(saved, *model), "w.pt does not fit this model: it lacks " + missing +
                                        "; it has other shapes: f.0_convolution.weight (16x3x5x5 instead of 16x3x3x3); it "
                                        "holds what this model does not have: features.conv.weight; take the weights of this "
                                        "network, or the network of these weights");
}

TEST(TakeOver, ShowsNoMoreThanEightNames) {
  EXPECT_THAT(refusal(copy_of(*network(7, 2)), *network(7)), testing::HasSubstr(" more; take"));
}

TEST(TakeOver, ChangesNothingWhenItRefuses) {
  const auto model = network(7);
  const Tensors before = copy_of(*model);
  Tensors saved = copy_of(*network(7));
  saved.tensors.pop_back();
  saved.tensors.pop_back();
  EXPECT_NE(refusal(saved, *model), "");
  const auto after = state_of(*model);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(before.tensors[i].second.equal(after[i].second));
}

}  // namespace
