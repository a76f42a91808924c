// Stochastic gradient descent as PyTorch's torch.optim.SGD computes it (Nesterov's momentum as in Sutskever et al., 2013, in
// PyTorch's form; the first step is not dampened):
//   g = grad + weight_decay * w;  v = momentum * v + (1 - dampening) * g;  w -= lr * (nesterov ? g + momentum * v : v)
#include <aviary/elementwise_optimizer.hpp>

#include <string>
#include <vector>

namespace {

struct Params {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  double weight_decay = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0).usual("0.1").required();
    list.add("momentum", &Params::momentum, "share of the last step that is kept").at_least(0).below(1).usual("0.9");
    list.add("dampening", &Params::dampening, "share of the gradient that momentum leaves out").at_least(0).at_most(1);
    list.add("nesterov", &Params::nesterov, "look ahead along the momentum");
    list.add("weight_decay", &Params::weight_decay, "L2 penalty, added to the gradient").at_least(0).usual("5e-4");
    list.rule(
        "nesterov", [](const Params& params) { return !params.nesterov || params.momentum > 0; }, "needs a momentum above 0");
    list.rule(
        "nesterov", [](const Params& params) { return !params.nesterov || params.dampening == 0; }, "needs a dampening of 0");
  }
};

class Sgd final : public aviary::ElementwiseOptimizer {
 public:
  Sgd(const Params& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context,
                             params.momentum > 0 ? std::vector<std::string>{"momentum_buffer"} : std::vector<std::string>()),
        params_(params) {}

 private:
  void update(const Update& to) override {
    const double rate = to.learning_rate;
    const double decay = to.weight_decay;
    if (params_.momentum == 0) {
      aviary::elementwise([=]<class T>(T g, T& w) { w -= T(rate) * (g + T(decay) * w); }, to.gradient, to.weight);
      return;
    }
    const double kept = params_.momentum;
    const double fresh = to.step == 1 ? 1 : 1 - params_.dampening;
    const double ahead = params_.nesterov ? 1 : 0;
    const double along = params_.nesterov ? params_.momentum : 1;
    aviary::elementwise(
        [=]<class T>(T g, T& w, T& v) {
          g += T(decay) * w;
          v = T(kept) * v + T(fresh) * g;
          w -= T(rate) * (T(ahead) * g + T(along) * v);
        },
        to.gradient, to.weight, to.remembered[0]);
  }

  Params params_;
};

}  // namespace

AVIARY_OPTIMIZER("sgd", Sgd, Params, "Stochastic gradient descent with momentum, Nesterov's if wanted, and weight decay")
