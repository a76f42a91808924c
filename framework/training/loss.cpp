#include "training/loss.hpp"

#include <algorithm>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "training/compute.hpp"

namespace aviary::training {
namespace {

// scikit-learn's "balanced": pictures / (classes x pictures of the class), so that every class has the same say.
std::vector<double> balanced(const std::vector<std::int64_t>& counts) {
  const auto present = static_cast<double>(std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; }));
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<double> weights;
  for (const std::int64_t count : counts) weights.push_back(count > 0 ? total / (present * static_cast<double>(count)) : 0);
  return weights;
}

}  // namespace

Loss::Loss(const recipe::Loss& settings, std::int64_t outputs, const std::vector<std::int64_t>& class_counts)
    : settings_(settings) {
  std::vector<double> weights = settings.class_weights.value_or(std::vector<double>());
  if (settings.balanced) weights = balanced(class_counts);
  if (weights.empty()) return;
  if (std::ssize(weights) != outputs)
    throw Error(
        fmt::format("loss.class_weights holds {} numbers; expected one for each of the {} outputs", weights.size(), outputs),
        Fault::usage);
  class_weights_ = at::tensor(weights, at::TensorOptions(at::kFloat)).to(compute_device());
}

at::Tensor Loss::operator()(const at::Tensor& logits, const at::Tensor& targets) const {
  if (settings_.type == "focal") return focal(logits, targets);
  return at::cross_entropy_loss(logits, targets, class_weights_, at::Reduction::Mean, -100, settings_.label_smoothing);
}

// Lin et al., 2017 (arXiv 1708.02002), equation 5, for classes that exclude each other: what is right already counts less.
at::Tensor Loss::focal(const at::Tensor& logits, const at::Tensor& targets) const {
  const auto classes = static_cast<double>(logits.size(1));
  at::Tensor shares = targets.dim() == 1 ? at::one_hot(targets, logits.size(1)).to(logits.scalar_type()) : targets;
  if (settings_.label_smoothing > 0) shares = shares * (1 - settings_.label_smoothing) + settings_.label_smoothing / classes;
  if (class_weights_.defined()) shares = shares * class_weights_;
  const at::Tensor log_probability = at::log_softmax(logits, 1);
  const at::Tensor miss = (1 - log_probability.exp()).clamp_min(0).pow(settings_.gamma);
  return -(shares * miss * log_probability).sum(1).mean();
}

}  // namespace aviary::training
