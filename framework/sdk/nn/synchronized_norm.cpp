#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <aviary/nn/layers.hpp>

#include "nn/fused.hpp"

namespace aviary::nn {
namespace {

// Reduced precision computes in float32.
at::Tensor computed(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

at::Tensor per_channel(const at::Tensor& numbers, const at::Tensor& like) {
  return numbers.to(like.scalar_type()).view({1, -1, 1, 1});
}

void sum_shared(const at::Tensor& numbers, const SharedBatch& batch) {
  if (batch.blank) numbers.zero_();
  batch.sum(numbers);
}

// In float64, 1 x channels x 1 x 1 once they are used.
struct SharedStatistics {
  at::Tensor mean;
  at::Tensor variance;  // biased
  double count;
};

// Sums of squares about the running mean, which is the same in all processes and near enough that no digits cancel.
SharedStatistics shared_statistics(const at::Tensor& x, const NormState& norm, const SharedBatch& batch) {
  const std::int64_t channels = x.size(1);
  const double count = static_cast<double>(x.numel() / channels);
  const auto [variance, mean] = at::var_mean(x, at::IntArrayRef{0, 2, 3}, false);
  const at::Tensor about = norm.running_mean.to(at::kDouble);
  const at::Tensor distance = mean.to(at::kDouble) - about;
  const at::Tensor numbers = at::cat(
      {count * distance, count * (variance.to(at::kDouble) + distance * distance), at::full({1}, count, distance.options())});
  sum_shared(numbers, batch);
  const double total = numbers[2 * channels].item<double>();
  const at::Tensor shift = numbers.narrow(0, 0, channels) / total;
  const at::Tensor squares = numbers.narrow(0, channels, channels) / total;
  return {about + shift, (squares - shift * shift).clamp_min(0), total};
}

struct SynchronizedNorm : torch::autograd::Function<SynchronizedNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const SharedStatistics& statistics, double eps, const SharedBatch* batch) {
    const at::Tensor values = computed(x);
    const at::Tensor inverse_std = (statistics.variance + eps).rsqrt();
    const at::Tensor scale = per_channel(inverse_std * weight.to(at::kDouble), values);
    const at::Tensor shift = per_channel(bias, values);
    context->save_for_backward({x, weight, statistics.mean, inverse_std});
    context->saved_data["count"] = statistics.count;
    context->saved_data["batch"] = reinterpret_cast<std::int64_t>(batch);
    return ((values - per_channel(statistics.mean, values)) * scale + shift).to(x.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor values = computed(x);
    const at::Tensor gradient = gradients[0].to(values.scalar_type());
    const at::Tensor weight = saved[1].to(at::kDouble);
    const at::Tensor& inverse_std = saved[3];
    const double count = context->saved_data["count"].toDouble();
    const auto& batch = *reinterpret_cast<const SharedBatch*>(context->saved_data["batch"].toInt());

    const at::Tensor centered = values - per_channel(saved[2], values);
    const at::Tensor bias_gradient = gradient.sum(at::IntArrayRef{0, 2, 3}).to(at::kDouble);
    const at::Tensor weight_gradient = (gradient * centered).sum(at::IntArrayRef{0, 2, 3}).to(at::kDouble) * inverse_std;
    const at::Tensor total = at::cat({bias_gradient, weight_gradient});
    sum_shared(total, batch);
    at::Tensor x_gradient;
    if (batch.blank) {
      x_gradient = at::zeros_like(x);
    } else {
      const at::Tensor scale = inverse_std * weight;
      const at::Tensor offset = total.narrow(0, 0, x.size(1)) / count;
      const at::Tensor slope = total.narrow(0, x.size(1), x.size(1)) * inverse_std / count;
      x_gradient =
          ((gradient - per_channel(offset, values) - centered * per_channel(slope, values)) * per_channel(scale, values))
              .to(x.scalar_type());
    }
    return {x_gradient,
            weight_gradient.to(saved[1].scalar_type()),
            bias_gradient.to(saved[1].scalar_type()),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

void move_shared(const NormState& norm, const SharedStatistics& statistics) {
  const double unbiased = statistics.count / (statistics.count - 1);
  const auto move = [&](const at::Tensor& running, const at::Tensor& to) {
    running.lerp_(to.to(running.scalar_type()), norm.momentum);
  };
  move(norm.running_mean, statistics.mean);
  move(norm.running_var, statistics.variance * unbiased);
}

}  // namespace

at::Tensor synchronized_norm(const at::Tensor& x, const NormState& norm, const SharedBatch& batch) {
  SharedStatistics statistics;
  {
    const c10::AutoGradMode no_gradients(false);
    statistics = shared_statistics(computed(x.detach()), norm, batch);
    if (statistics.count > 1) move_shared(norm, statistics);
  }
  if (statistics.count <= 1)
    return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, false, norm.momentum, norm.eps, true);
  return SynchronizedNorm::apply(x, norm.weight, norm.bias, statistics, norm.eps, &batch);
}

}  // namespace aviary::nn
