// What layers compute in fewer passes over memory than LibTorch's operations take, with gradients: on the CPU, in float32 or
// bfloat16, over channels-last maps and sequences. Weights and statistics are float32. The bits of a result do not depend on
// the number of threads.
#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include <aviary/nn/activation.hpp>

namespace aviary::nn {

struct SharedBatch;
struct Window;

/// Whether the functions below take such a map with such weights. Not while LibTorch traces: it does not see what they compute.
bool fuses(const at::Tensor& x, const at::Tensor& weight);

/// Whether a convolution or linear layer goes to oneDNN where LibTorch might take BLAS, which has threads of its own that want
/// the same cores: in float32, outside autocast and traces.
bool suits_onednn(const at::Tensor& x);

/// In bfloat16 within autocast, as the input of a convolution is there.
at::Tensor autocast(const at::Tensor& x);

/// Whether depthwise_conv takes such a filter.
bool takes_depthwise(const at::Tensor& weight);

/// A convolution with one filter per channel, padded by half of its size. weight: channels x 1 x size x size.
at::Tensor depthwise_conv(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride);

/// The parameters and running statistics of a batch norm, each of `channels` numbers.
struct NormState {
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;
  double momentum;
  double eps;
};

/// Normalises by the batch and moves the running statistics.
at::Tensor batch_norm_act(const at::Tensor& x, const NormState& norm, Activation activation);

/// The same by the batches of all processes together, without an activation; by LibTorch's operations, for every type and
/// device.
at::Tensor synchronized_norm(const at::Tensor& x, const NormState& norm, const SharedBatch& batch);

/// Normalises by the running statistics. It has no gradient.
at::Tensor running_norm_act(const at::Tensor& x, const NormState& norm, Activation activation);

/// What a map was made of: activation(scale x + shift), in float32 with a scale and a shift for each channel, or for each
/// channel of each picture (N x C).
struct Origin {
  at::Tensor x;
  at::Tensor scale;
  at::Tensor shift;
  Activation activation;
};
at::Tensor made_of(const Origin& origin);

/// Of a map that batch_norm_act() or excite_map() made with an activation that costs little, where a gradient is computed.
std::optional<Origin> origin_of(const at::Tensor& y);
std::optional<Origin> origin_in_norm(const at::Tensor& y);
std::optional<Origin> origin_in_excitation(const at::Tensor& y);

/// A convolution that keeps the origin of its input x for the gradient, which others keep anyway, and makes x of it again.
at::Tensor remaking_conv(const at::Tensor& x, const at::Tensor& weight, const Window& window, const Origin& origin);

/// Whether activated() takes this: float32 or bfloat16 on the CPU in one block, of any shape, and nothing traces.
bool fuses_activation(const at::Tensor& x);
at::Tensor activated(const at::Tensor& x, Activation activation);

/// Whether fused_attention() takes this, N x length x 3C: float32 or bfloat16 on the CPU, contiguous, and nothing traces.
bool fuses_attention(const at::Tensor& qkv);
/// self_attention() of layers.hpp, which keeps its input alone for the gradient.
at::Tensor fused_attention(const at::Tensor& qkv, std::int64_t heads);

/// What squeeze-and-excitation makes of a map, in two steps: the means of its channels, and the map scaled by the logistic
/// function of what the network between made of them, with an activation.
struct Squeezed {
  at::Tensor map;    ///< for excite_map() alone: its gradient is that of the map only together with the mean's
  at::Tensor mean;   ///< N x C x 1 x 1, float32
  at::Tensor scale;  ///< excite_map() leaves it here for the gradient
  Activation activation;
};
Squeezed squeeze_map(const at::Tensor& x, Activation activation);
at::Tensor excite_map(const Squeezed& squeezed, const at::Tensor& logits);

}  // namespace aviary::nn
