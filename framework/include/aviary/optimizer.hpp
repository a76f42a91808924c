// Changes the weights. The host makes an optimizer from its settings and the model's parameters, and calls step() once a batch,
// from one thread, with the learning rate that the schedule gives.
//
//   double step(double learning_rate, const aviary::Closure& closure) override {
//     const double loss = closure(aviary::Gradient::clipped);
//     for (aviary::Parameter& parameter : parameters_) ...;
//     return loss;
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/api.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

/// What a parameter does in the model.
enum class Role {
  weight,      ///< of a convolution or linear layer
  bias,        ///< of any layer but a norm
  norm,        ///< scale or shift of a normalisation
  classifier,  ///< weight or bias of the layer that makes the logits
};

struct Parameter {
  std::string name;                   ///< as the model registers it: "features.3.conv.weight"
  at::Tensor tensor;                  ///< a leaf; its grad() is undefined where nothing flowed back
  double learning_rate_factor = 1.0;  ///< multiplies the learning rate
  double decay_factor = 1.0;          ///< multiplies the weight decay
  Role role = Role::weight;
};

/// raw: as the backward pass leaves it. clipped: after the recipe's gradient clipping, if any.
enum class Gradient { raw, clipped };

/// Clears the gradients, runs forward and backward over the batch, and returns the mean loss. Every call within a step sees the
/// same pictures and the same random draws; batch-norm statistics move in the first call only.
using Closure = std::function<double(Gradient)>;

struct OptimizerContext {
  std::vector<Parameter> parameters;
  std::int64_t steps = 0;  ///< of the whole training; 0: it has no set length
};

/// Tensors by name, "features.3.conv.weight/momentum_buffer", in a fixed order.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

class AVIARY_API Optimizer {
 public:
  using Context = OptimizerContext;
  static constexpr Kind kind = Kind::optimizer;

  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer();

  /// One step; calls `closure` at least once and returns the loss of its first call. If a call throws, weights and state are as
  /// before the step, and the exception goes on.
  virtual double step(double learning_rate, const Closure& closure) = 0;

  /// The setting `lr`, which schedules start from; a wrapper answers with that of what it wraps.
  virtual double base_learning_rate() const = 0;

  /// All that it remembers between steps: the living tensors, which the host saves, and writes into to restore.
  virtual NamedTensors state() = 0;
};

}  // namespace aviary

#define AVIARY_OPTIMIZER(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::Optimizer, "optimizer", name, Class, Params, summary)
