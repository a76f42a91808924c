#include "results/ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/full.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <aviary/error.hpp>

namespace aviary::results {
namespace {

at::Tensor probabilities_of(const Outputs& outputs) { return at::softmax(outputs.logits.to(at::kDouble), 1); }

// Of each picture's label, members x pictures.
at::Tensor likelihoods(const std::vector<Outputs>& members) {
  std::vector<at::Tensor> rows;
  for (const Outputs& member : members)
    rows.push_back(probabilities_of(member).gather(1, member.labels.unsqueeze(1)).squeeze(1));
  return at::stack(rows);
}

std::vector<double> likeliest_weights(const std::vector<Outputs>& members) {
  constexpr int most_rounds = 5000;  // it nears a weight of 0 slowly
  constexpr double settled = 1e-8;
  constexpr double least = 1e-12;  // a picture that all are sure is something else says nothing
  const at::Tensor likelihood = likelihoods(members).clamp_min(least);
  at::Tensor weights = at::full({std::ssize(members)}, 1 / static_cast<double>(members.size()), at::kDouble);
  double moved = 1;
  for (int round = 0; round < most_rounds && moved > settled; ++round) {
    const at::Tensor shares = likelihood * weights.unsqueeze(1);
    const at::Tensor better = (shares / shares.sum(0)).mean(1);
    moved = (better - weights).abs().max().item<double>();
    weights = better;
  }
  const double* const first = weights.data_ptr<double>();
  return {first, first + weights.numel()};
}

std::vector<double> picked_weights(const std::vector<Outputs>& members) {
  constexpr int picks = 50;
  std::vector<at::Tensor> probabilities;
  for (const Outputs& member : members) probabilities.push_back(probabilities_of(member));
  const at::Tensor& labels = members.front().labels;
  at::Tensor sum = at::zeros_like(probabilities.front());
  std::vector<double> weights(members.size());
  for (int pick = 1; pick <= picks; ++pick) {
    std::optional<std::pair<std::int64_t, double>> best;  // right pictures, log-likelihood
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const at::Tensor mean = (sum + probabilities[i]) / pick;
      const auto right = mean.argmax(1).eq(labels).sum().item<std::int64_t>();
      const std::pair value(right, mean.gather(1, labels.unsqueeze(1)).log().sum().item<double>());
      if (best && value <= *best) continue;
      best = value;
      chosen = i;
    }
    sum = sum + probabilities[chosen];
    weights[chosen] += 1.0 / picks;
  }
  return weights;
}

}  // namespace

Outputs mean_outputs(const std::vector<Outputs>& members, const std::vector<double>& weights) {
  if (members.size() == 1) return members.front();
  at::Tensor sum;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].samples != members.front().samples)
      throw Error("a picture can be read by some of the runs and not by others; mend or remove it");
    const at::Tensor share = probabilities_of(members[i]) * weights[i];
    sum = sum.defined() ? sum + share : share;
  }
  return {sum.log(), members.front().labels, members.front().samples};
}

std::vector<double> weights_for(Combine combine, const std::vector<Outputs>& members) {
  switch (combine) {
    case Combine::mean: break;
    case Combine::weighted: return likeliest_weights(members);
    case Combine::greedy: return picked_weights(members);
  }
  return std::vector<double>(members.size(), 1 / static_cast<double>(members.size()));
}

}  // namespace aviary::results
