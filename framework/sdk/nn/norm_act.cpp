#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/record_function.h>

#include "nn/fused.hpp"
#include "nn/kernels/norm_act.hpp"
#include "nn/maps.hpp"
#include "nn/nodes.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t least_rows = 256;

struct Rows {
  std::int64_t count;
  std::int64_t channels;

  explicit Rows(const at::Tensor& x) : count(x.numel() / x.size(1)), channels(x.size(1)) {}

  std::int64_t parts() const { return std::clamp<std::int64_t>(count / least_rows, 1, most_parts); }

  // Calls function(part, first, count) for each part of the rows, on many threads.
  template <class Function>
  void for_parts(const Function& function) const {
    in_parallel(parts(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t first = count * part / parts();
        function(part, first, count * (part + 1) / parts() - first);
      }
    });
  }
};

kernels::Norm norm_of(const at::Tensor& mean, const at::Tensor& affine) {
  return {numbers<float>(mean), numbers<float>(affine), numbers<float>(affine) + mean.numel()};
}

// Scale and shift, 2 x channels.
at::Tensor affine_of(const at::Tensor& mean, const at::Tensor& inverse_std, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor affine = at::empty({2, mean.numel()});
  const float* const means = numbers<float>(mean);
  const float* const inverse = numbers<float>(inverse_std);
  const float* const weights = numbers<float>(weight);
  const float* const biases = numbers<float>(bias);
  float* const scale = numbers<float>(affine);
  float* const shift = scale + mean.numel();
  for (std::int64_t c = 0; c < mean.numel(); ++c) {
    scale[c] = weights[c] * inverse[c];
    shift[c] = biases[c] - means[c] * scale[c];
  }
  return affine;
}

struct Statistics {
  std::vector<double> mean;
  std::vector<double> variance;  // biased
};

Statistics statistics_of(const at::Tensor& x) {
  const Rows rows(x);
  const std::int64_t parts = rows.parts();
  std::vector<double> found(static_cast<std::size_t>(parts * 2 * rows.channels));
  std::vector<kernels::Moments> moments;
  for (std::int64_t part = 0; part < parts; ++part) {
    double* const mean = found.data() + part * 2 * rows.channels;
    moments.push_back({0, mean, mean + rows.channels});
  }
  with_type(x, [&]<class T>(T*) {
    rows.for_parts([&](std::int64_t part, std::int64_t first, std::int64_t count) {
      std::vector<float> scratch(static_cast<std::size_t>(3 * rows.channels));
      kernels::norm_act<T>().moments(numbers<T>(x) + first * rows.channels, count, rows.channels,
                                     moments[static_cast<std::size_t>(part)], scratch.data());
    });
  });
  const auto size = static_cast<std::size_t>(rows.channels);
  Statistics merged{std::vector<double>(size), std::vector<double>(size)};
  double total = 0;
  for (const kernels::Moments& part : moments) {
    const auto count = static_cast<double>(part.count);
    const double share = count / (total + count);
    for (std::size_t c = 0; c < size; ++c) {
      const double distance = part.mean[c] - merged.mean[c];
      merged.mean[c] += distance * share;
      merged.variance[c] += part.squares[c] + distance * distance * total * share;
    }
    total += count;
  }
  for (double& variance : merged.variance) variance /= total;
  return merged;
}

void move_running(const NormState& norm, const Statistics& statistics, std::int64_t count) {
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  float* const mean = numbers<float>(norm.running_mean);
  float* const variance = numbers<float>(norm.running_var);
  for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
    mean[c] += static_cast<float>(norm.momentum * (statistics.mean[c] - mean[c]));
    variance[c] += static_cast<float>(norm.momentum * (statistics.variance[c] * unbiased - variance[c]));
  }
}

// By the gradients d of all values of a channel: what the norm's parameters learn, and what its inputs get besides scale d,
// which is slope (x - mean) + offset.
struct ChannelGradients {
  at::Tensor weight;
  at::Tensor bias;
  std::vector<float> slope;
  std::vector<float> offset;
};

// sums: for each part of `count` rows, of d and of d (x - mean) in each channel.
ChannelGradients gradients_of(const std::vector<float>& sums, const at::Tensor& inverse_std, const float* scale,
                              std::int64_t count) {
  const auto channels = static_cast<std::size_t>(inverse_std.numel());
  std::vector<double> total(2 * channels);
  for (std::size_t first = 0; first < sums.size(); first += total.size())
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += sums[first + i];
  ChannelGradients found{at::empty({inverse_std.numel()}), at::empty({inverse_std.numel()}), std::vector<float>(channels),
                         std::vector<float>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double inverse = numbers<float>(inverse_std)[c];
    const double share = -scale[c] / static_cast<double>(count);
    numbers<float>(found.weight)[c] = static_cast<float>(total[channels + c] * inverse);
    numbers<float>(found.bias)[c] = static_cast<float>(total[c]);
    found.slope[c] = static_cast<float>(share * inverse * inverse * total[channels + c]);
    found.offset[c] = static_cast<float>(share * total[c]);
  }
  return found;
}

struct BatchNormAct : torch::autograd::Function<BatchNormAct> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const NormState& norm, Activation activation) {
    RECORD_FUNCTION("aviary::batch_norm_act", maps_of({x, x}));  // one is read, one like it is written
    const Statistics statistics = statistics_of(x);
    move_running(norm, statistics, Rows(x).count);
    const at::Tensor mean = at::empty({x.size(1)});
    const at::Tensor inverse_std = at::empty({x.size(1)});
    for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
      numbers<float>(mean)[c] = static_cast<float>(statistics.mean[c]);
      numbers<float>(inverse_std)[c] = static_cast<float>(1 / std::sqrt(statistics.variance[c] + norm.eps));
    }
    const at::Tensor affine = affine_of(mean, inverse_std, weight, bias);
    at::Tensor y = made_of({x, affine[0], affine[1], activation});
    context->save_for_backward({x, mean, inverse_std, affine});
    keep(*context, activation);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const kernels::Norm norm = norm_of(saved[1], saved[3]);
    const Activation activation = kept_activation(*context);
    const at::Tensor gradient = as_map(gradients[0], x);
    const Rows rows(x);
    RECORD_FUNCTION("aviary::batch_norm_act_backward", maps_of({x, gradient, x}));

    std::vector<float> sums(static_cast<std::size_t>(rows.parts() * 2 * rows.channels));
    with_type(x, [&]<class T>(T*) {
      rows.for_parts([&](std::int64_t part, std::int64_t first, std::int64_t count) {
        const std::int64_t at = first * rows.channels;
        float* const sum = sums.data() + part * 2 * rows.channels;
        kernels::norm_act<T>().gradients(numbers<T>(x) + at, numbers<T>(gradient) + at, count, rows.channels, norm, activation,
                                         sum, sum + rows.channels);
      });
    });
    const ChannelGradients of_channels = gradients_of(sums, saved[2], norm.scale, rows.count);

    at::Tensor x_gradient;
    if (context->needs_input_grad(0)) {
      x_gradient = empty_map(x.sizes(), x);
      with_type(x, [&]<class T>(T*) {
        rows.for_parts([&](std::int64_t, std::int64_t first, std::int64_t count) {
          const std::int64_t at = first * rows.channels;
          kernels::norm_act<T>().input_gradient(numbers<T>(x) + at, numbers<T>(gradient) + at, count, rows.channels, norm,
                                                of_channels.slope.data(), of_channels.offset.data(), activation,
                                                numbers<T>(x_gradient) + at);
        });
      });
    }
    return {x_gradient, of_channels.weight, of_channels.bias, at::Tensor(), at::Tensor()};
  }

  static Origin origin(const variable_list& saved, Activation activation) {
    return {saved[0], saved[3][0], saved[3][1], activation};
  }
};

}  // namespace

at::Tensor batch_norm_act(const at::Tensor& x, const NormState& norm, Activation activation) {
  return BatchNormAct::apply(x, norm.weight, norm.bias, norm, activation);
}

at::Tensor running_norm_act(const at::Tensor& x, const NormState& norm, Activation activation) {
  const at::Tensor inverse_std = at::empty({norm.running_var.numel()});
  const float* const variance = numbers<float>(norm.running_var);
  std::transform(variance, variance + norm.running_var.numel(), numbers<float>(inverse_std),
                 [eps = static_cast<float>(norm.eps)](float each) { return 1 / std::sqrt(each + eps); });
  const at::Tensor affine = affine_of(norm.running_mean, inverse_std, norm.weight, norm.bias);
  RECORD_FUNCTION("aviary::batch_norm_act", maps_of({x, x}));
  return made_of({x, affine[0], affine[1], activation});
}

std::optional<Origin> origin_in_norm(const at::Tensor& y) { return origin_from<BatchNormAct>(y); }

}  // namespace aviary::nn
