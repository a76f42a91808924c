#include "training/gathered_outputs.hpp"

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

namespace aviary::training {

results::Outputs gathered_outputs(const results::Outputs& part, const Learner& learner) {
  if (learner.world.size() == 1) return part;
  const bool none = part.samples.empty();
  const std::vector<std::int64_t> numbers(part.samples.begin(), part.samples.end());
  const at::Tensor samples = learner.world.gathered(at::tensor(numbers, at::kLong));
  const at::Tensor logits =
      learner.world.gathered(none ? at::empty({0, learner.outputs}, at::kFloat) : part.logits.to(at::kFloat).contiguous());
  const at::Tensor labels = learner.world.gathered(none ? at::empty({0}, at::kLong) : part.labels);
  const at::Tensor order = samples.argsort();
  const at::Tensor sorted = samples.index_select(0, order);
  const auto* const first = sorted.data_ptr<std::int64_t>();
  return {logits.index_select(0, order), labels.index_select(0, order), {first, first + sorted.numel()}};
}

}  // namespace aviary::training
