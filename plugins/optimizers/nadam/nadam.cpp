// NAdam, Adam with Nesterov's momentum (Dozat, 2016), as PyTorch computes it, whose share of momentum mu rises over the steps.
// At step t, with M the product of all mu so far:
//   g = grad + weight_decay * w;  mu(t) = beta1 * (1 - 0.96^(t * momentum_decay) / 2)
//   m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2
//   w -= lr * ((1 - mu(t)) / (1 - M(t)) * g + mu(t + 1) / (1 - M(t + 1)) * m) / (sqrt(v / (1 - beta2^t)) + eps)
// (PyTorch before 2.0 takes mu(t) twice in M(t + 1), except with foreach = True; that was a mistake.)
#include <aviary/elementwise_optimizer.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace {

struct Params {
  double lr = 2e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0);
    list.add("betas", &Params::betas, "how much is kept of the averages of the gradient and of its square")
        .size(2)
        .at_least(0)
        .below(1);
    list.add("eps", &Params::eps, "added to the denominator").above(0);
    list.add("weight_decay", &Params::weight_decay, "L2 penalty, added to the gradient").at_least(0);
    list.add("momentum_decay", &Params::momentum_decay,
             "how fast the share of momentum rises from half of betas[0] to all of it")
        .at_least(0);
  }
};

class NAdam final : public aviary::ElementwiseOptimizer {
 public:
  NAdam(const Params& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context, {"exp_avg", "exp_avg_sq"}), params_(params) {}

 private:
  double momentum(std::int64_t step) const {
    return params_.betas[0] * (1 - 0.5 * std::pow(0.96, static_cast<double>(step) * params_.momentum_decay));
  }

  // Of all momenta up to this step: a function of the step alone, so that there is nothing to save.
  double momentum_product(std::int64_t step) {
    if (step < product_step_) {
      product_ = 1;
      product_step_ = 0;
    }
    while (product_step_ < step) product_ *= momentum(++product_step_);
    return product_;
  }

  void update(const Update& to) override {
    const double beta1 = params_.betas[0];
    const double beta2 = params_.betas[1];
    const double decay = to.weight_decay;
    const double eps = params_.eps;
    const double unbias = 1 / (1 - std::pow(beta2, static_cast<double>(to.step)));
    const double next = momentum(to.step + 1);
    const double product = momentum_product(to.step);
    const double along_gradient = to.learning_rate * (1 - momentum(to.step)) / (1 - product);
    const double along_average = to.learning_rate * next / (1 - product * next);
    aviary::elementwise(
        [=]<class T>(T g, T& w, T& m, T& v) {
          g += T(decay) * w;
          m = T(beta1) * m + T(1 - beta1) * g;
          v = T(beta2) * v + T(1 - beta2) * g * g;
          w -= (T(along_gradient) * g + T(along_average) * m) / (aviary::sqrt(v * T(unbias)) + T(eps));
        },
        to.gradient, to.weight, to.remembered[0], to.remembered[1]);
  }

  Params params_;
  double product_ = 1;
  std::int64_t product_step_ = 0;
};

}  // namespace

AVIARY_OPTIMIZER("nadam", NAdam, Params, "Adam with Nesterov's momentum")
