#include <aviary/optimizer.hpp>

#include <vector>

#include <ATen/ops/sign.h>
#include <c10/core/GradMode.h>

namespace {

struct Params {
  double lr = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "length of a step").at_least(0).required();
  }
};

// Descent along the gradient's sign.
class GuestOptimizer final : public aviary::Optimizer {
 public:
  GuestOptimizer(const Params& params, const aviary::OptimizerContext& context)
      : params_(params), parameters_(context.parameters) {}

  double step(double learning_rate, const aviary::Closure& closure) override {
    const double loss = closure(aviary::Gradient::clipped);
    const c10::AutoGradMode no_gradients(false);
    for (const aviary::Parameter& parameter : parameters_)
      if (const at::Tensor& gradient = parameter.tensor.grad(); gradient.defined())
        parameter.tensor.add_(gradient.sign(), -learning_rate * parameter.learning_rate_factor);
    return loss;
  }

  double base_learning_rate() const override { return params_.lr; }

  aviary::NamedTensors state() override { return {}; }

 private:
  Params params_;
  std::vector<aviary::Parameter> parameters_;
};

}  // namespace

AVIARY_OPTIMIZER("guest_optimizer", GuestOptimizer, Params, "Descent along the gradient's sign")
