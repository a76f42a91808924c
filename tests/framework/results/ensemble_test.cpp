#include "results/ensemble.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::results::Combine;
using aviary::results::mean_outputs;
using aviary::results::Outputs;
using aviary::results::weights_for;
using testing::ElementsAre;

// Of two classes, with these probabilities of the first.
Outputs sure_of_first(const std::vector<double>& shares, const std::vector<std::int64_t>& labels) {
  at::Tensor first = at::tensor(shares);
  std::vector<std::size_t> samples(shares.size());
  return {at::stack({first, 1 - first}, 1).log(), at::tensor(labels), samples};
}

TEST(Ensemble, AveragesProbabilitiesAndNotLogits) {
  const std::vector<Outputs> members = {sure_of_first({0.9}, {0}), sure_of_first({0.2}, {0})};
  const at::Tensor shares = at::softmax(mean_outputs(members, {0.25, 0.75}).logits, 1);
  EXPECT_NEAR(shares[0][0].item<double>(), 0.25 * 0.9 + 0.75 * 0.2, 1e-12);
}

TEST(Ensemble, RefusesMembersThatSawOtherPictures) {
  Outputs other = sure_of_first({0.9}, {0});
  other.samples = {7};
  EXPECT_EQ(aviary::test::message_of<aviary::Error>([&] {
              mean_outputs({sure_of_first({0.9}, {0}), other}, {0.5, 0.5});
            }),
            "a picture can be read by some of the runs and not by others; mend or remove it");
}

TEST(Ensemble, WeighsAllAlikeForTheMean) {
  const Outputs member = sure_of_first({0.9}, {0});
  EXPECT_THAT(weights_for(Combine::mean, {member, member}), ElementsAre(0.5, 0.5));
}

// Of mixtures w of probabilities (0.8, 0.2) and (0.2, 0.8) of the right class, the likeliest of two such pictures are halves;
// of one that is always worse nothing is left.
TEST(Ensemble, FindsTheLikeliestMixture) {
  const std::vector<Outputs> even = {sure_of_first({0.8, 0.2}, {0, 0}), sure_of_first({0.2, 0.8}, {0, 0})};
  EXPECT_NEAR(weights_for(Combine::weighted, even)[0], 0.5, 1e-9);
  const std::vector<Outputs> uneven = {sure_of_first({0.8, 0.9}, {0, 0}), sure_of_first({0.2, 0.3}, {0, 0})};
  EXPECT_NEAR(weights_for(Combine::weighted, uneven)[0], 1, 1e-6);
}

TEST(Ensemble, PicksWhatHelps) {
  // Alone, each of the first two is right of two pictures; together of all three. The third is right of none.
  const std::vector<std::int64_t> labels = {0, 0, 0};
  const std::vector<Outputs> members = {sure_of_first({0.9, 0.6, 0.3}, labels), sure_of_first({0.3, 0.6, 0.9}, labels),
                                        sure_of_first({0.1, 0.1, 0.1}, labels)};
  const std::vector<double> weights = weights_for(Combine::greedy, members);
  EXPECT_NEAR(weights[0], 0.5, 1e-9);
  EXPECT_NEAR(weights[1], 0.5, 1e-9);
  EXPECT_EQ(weights[2], 0);
}

}  // namespace
