#include <aviary/elementwise_optimizer.hpp>

#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

namespace aviary {

ElementwiseOptimizer::ElementwiseOptimizer(double learning_rate, double weight_decay, const OptimizerContext& context,
                                           std::vector<std::string> remembered)
    : base_learning_rate_(learning_rate),
      weight_decay_(weight_decay),
      parameters_(context.parameters),
      names_(std::move(remembered)) {
  const c10::AutoGradMode no_gradients(false);
  for (const Parameter& parameter : parameters_) {
    Memory& memory = memory_.emplace_back();
    for (std::size_t i = 0; i < names_.size(); ++i) memory.tensors.push_back(at::zeros_like(parameter.tensor));
    memory.step = at::zeros({}, at::kLong);
  }
}

double ElementwiseOptimizer::step(double learning_rate, const Closure& closure) {
  const double loss = closure(Gradient::clipped);
  const c10::AutoGradMode no_gradients(false);
  std::map<std::tuple<std::int64_t, double, double>, Update> updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.tensor.grad();
    if (!gradient.defined()) continue;
    const std::int64_t step = ++*memory_[i].step.data_ptr<std::int64_t>();
    Update& of_these = updates[{step, parameter.learning_rate_factor, parameter.decay_factor}];
    of_these.weight.push_back(parameter.tensor);
    of_these.gradient.push_back(gradient);
    of_these.remembered.resize(names_.size());
    for (std::size_t k = 0; k < names_.size(); ++k) of_these.remembered[k].push_back(memory_[i].tensors[k]);
  }
  for (auto& [common, of_these] : updates) {
    of_these.step = std::get<0>(common);
    of_these.learning_rate = learning_rate * std::get<1>(common);
    of_these.weight_decay = weight_decay_ * std::get<2>(common);
    update(of_these);
  }
  return loss;
}

NamedTensors ElementwiseOptimizer::state() {
  NamedTensors state;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    for (std::size_t k = 0; k < names_.size(); ++k)
      state.emplace_back(parameters_[i].name + '/' + names_[k], memory_[i].tensors[k]);
    state.emplace_back(parameters_[i].name + "/step", memory_[i].step);
  }
  return state;
}

}  // namespace aviary
