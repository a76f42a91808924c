// Stochastic gradient descent with momentum:
//   g = grad + weight_decay * w;  v = momentum * v + g;  w -= lr * v
#include <aviary/elementwise_optimizer.hpp>

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

// The base calls update() for one parameter after the other. It saves what is remembered between steps, so that an interrupted
// training goes on as if nothing had been.
class @Name@ final : public aviary::ElementwiseOptimizer {
 public:
  @Name@(const Params& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context, {"momentum_buffer"}), params_(params) {}

 private:
  void update(const Update& to) override {
    const double rate = to.learning_rate;
    const double decay = to.weight_decay;
    const double momentum = params_.momentum;
    // Runs over all elements at once; T is float or double.
    aviary::elementwise(
        [=]<class T>(T g, T& w, T& v) {
          v = T(momentum) * v + g + T(decay) * w;
          w -= T(rate) * v;
        },
        to.gradient, to.weight, to.remembered[0]);
  }

  Params params_;
};

}  // namespace

AVIARY_OPTIMIZER("@name@", @Name@, Params, "Stochastic gradient descent with momentum")
