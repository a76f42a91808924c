// Stochastic gradient descent with momentum:
//   g = grad + weight_decay * w;  v = momentum * v + g;  w -= lr * v
#include <aviary/optimizer.hpp>

#include <cstddef>
#include <vector>

#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

namespace {

struct Params {
  double lr = 0;
  double momentum = 0.9;
  double weight_decay = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0).usual("0.1").required();
    list.add("momentum", &Params::momentum, "share of the last step that is kept").at_least(0).below(1).usual("0.9");
    list.add("weight_decay", &Params::weight_decay, "L2 penalty, added to the gradient").at_least(0).usual("5e-4");
  }
};

class @Name@ final : public aviary::Optimizer {
 public:
  @Name@(const Params& params, const aviary::OptimizerContext& context) : params_(params), parameters_(context.parameters) {
    for (const aviary::Parameter& parameter : parameters_) velocity_.push_back(at::zeros_like(parameter.tensor));
  }

  double step(double learning_rate, const aviary::Closure& closure) override {
    const double loss = closure(aviary::Gradient::clipped);
    const c10::AutoGradMode no_gradients(false);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const aviary::Parameter& parameter = parameters_[i];
      at::Tensor gradient = parameter.tensor.grad();
      if (!gradient.defined()) continue;
      gradient.add_(parameter.tensor, params_.weight_decay * parameter.decay_factor);
      velocity_[i].mul_(params_.momentum).add_(gradient);
      parameter.tensor.add_(velocity_[i], -learning_rate * parameter.learning_rate_factor);
    }
    return loss;
  }

  double base_learning_rate() const override { return params_.lr; }

  // All that is remembered between steps, so that an interrupted training goes on as if nothing had been.
  aviary::NamedTensors state() override {
    aviary::NamedTensors state;
    for (std::size_t i = 0; i < velocity_.size(); ++i) state.emplace_back(parameters_[i].name + "/momentum", velocity_[i]);
    return state;
  }

 private:
  Params params_;
  std::vector<aviary::Parameter> parameters_;
  std::vector<at::Tensor> velocity_;
};

}  // namespace

AVIARY_OPTIMIZER("@name@", @Name@, Params, "Stochastic gradient descent with momentum")
