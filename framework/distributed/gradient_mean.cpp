#include "distributed/gradient_mean.hpp"

#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace aviary::distributed {
struct GradientMean::State {
  struct Member {
    at::Tensor parameter;
    at::Tensor gradient;  // its place in the bucket, laid out as the parameter is
    at::Tensor present;   // 1 where it is there
  };

  struct Bucket {
    std::vector<Member> members;
    at::Tensor numbers;  // of all members, and then one for each:
    at::Tensor present;  // in how many processes it is there
    std::size_t missing = 0;
    World::Pending sum = {};
  };

  static Bucket bucket_of(const std::vector<at::Tensor>& parameters) {
    Bucket bucket;
    std::int64_t size = 0;
    for (const at::Tensor& parameter : parameters) size += parameter.numel();
    const auto count = static_cast<std::int64_t>(parameters.size());
    bucket.numbers = at::zeros({size + count}, parameters.front().options().requires_grad(false));
    bucket.present = bucket.numbers.narrow(0, size, count);
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const at::Tensor& parameter = parameters[static_cast<std::size_t>(i)];
      const at::Tensor place = bucket.numbers.narrow(0, at, parameter.numel());
      bucket.members.push_back({parameter,
                                parameter.is_non_overlapping_and_dense()
                                    ? place.as_strided(parameter.sizes(), parameter.strides())
                                    : place.view(parameter.sizes()),
                                bucket.present[i]});
      at += parameter.numel();
    }
    return bucket;
  }

  explicit State(World of) : world(std::move(of)) {}

  void complete(std::size_t bucket, std::size_t member) {
    if (!under_way) return;
    Member& complete = buckets[bucket].members[member];
    const c10::AutoGradMode no_gradients(false);
    complete.gradient.copy_(complete.parameter.grad());
    complete.present.fill_(1);
    --buckets[bucket].missing;
    send_complete();
  }

  // In the same order in every process, whatever each computes first.
  void send_complete() {
    for (; next < buckets.size() && buckets[next].missing == 0; ++next)
      buckets[next].sum = world.begin_sum(buckets[next].numbers);
  }

  World world;
  std::vector<Bucket> buckets;
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators;  // theirs are only weakly held by the parameters
  std::size_t next = 0;                                              // bucket to be sent
  bool under_way = false;
};

GradientMean::GradientMean(const World& world, const std::vector<at::Tensor>& parameters, std::size_t bucket_bytes) {
  if (world.size() == 1) return;
  state_ = std::make_shared<State>(world);
  std::vector<at::Tensor> members;
  std::size_t bytes = 0;
  const auto close = [&] {
    if (!members.empty()) state_->buckets.push_back(State::bucket_of(members));
    members.clear();
    bytes = 0;
  };
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    if (!parameter->requires_grad()) continue;
    if (bytes >= bucket_bytes || (!members.empty() && members.front().scalar_type() != parameter->scalar_type())) close();
    members.push_back(*parameter);
    bytes += parameter->nbytes();
  }
  close();
  for (std::size_t b = 0; b < state_->buckets.size(); ++b)
    for (std::size_t m = 0; m < state_->buckets[b].members.size(); ++m) {
      const auto& accumulator =
          state_->accumulators.emplace_back(torch::autograd::impl::grad_accumulator(state_->buckets[b].members[m].parameter));
      accumulator->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
          [state = std::weak_ptr<State>(state_), b, m](const torch::autograd::variable_list& outputs,
                                                       const torch::autograd::variable_list&) {
            if (const std::shared_ptr<State> living = state.lock()) living->complete(b, m);
            return outputs;
          }));
    }
}

void GradientMean::begin() {
  if (!state_) return;
  const c10::AutoGradMode no_gradients(false);
  for (State::Bucket& bucket : state_->buckets) {
    bucket.present.zero_();
    bucket.missing = bucket.members.size();
  }
  state_->next = 0;
  state_->under_way = true;
}

void GradientMean::send() {
  if (!state_) return;
  state_->under_way = false;
  for (State::Bucket& bucket : state_->buckets) bucket.missing = 0;
  const c10::AutoGradMode no_gradients(false);
  // What the last backward pass did not come to may still have a gradient from those before.
  for (std::size_t b = state_->next; b < state_->buckets.size(); ++b)
    for (State::Member& member : state_->buckets[b].members)
      if (const at::Tensor& gradient = member.parameter.grad(); gradient.defined()) {
        member.gradient.copy_(gradient);
        member.present.fill_(1);
      } else {
        member.gradient.zero_();
      }
  state_->send_complete();
}

void GradientMean::finish(double factor) {
  if (!state_) return;
  const c10::AutoGradMode no_gradients(false);
  for (State::Bucket& bucket : state_->buckets) {
    state_->world.finish(bucket.sum);
    const at::Tensor present = bucket.present.to(at::kCPU, at::kDouble);  // one read of a GPU
    for (std::size_t i = 0; i < bucket.members.size(); ++i) {
      State::Member& member = bucket.members[i];
      if (present.data_ptr<double>()[i] == 0) continue;
      if (!member.parameter.grad().defined()) member.parameter.mutable_grad() = at::empty_like(member.gradient);
      at::mul_out(member.parameter.mutable_grad(), member.gradient, at::scalar_tensor(factor));
    }
  }
}

}  // namespace aviary::distributed
