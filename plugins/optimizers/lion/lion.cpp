// Lion (Chen et al., 2023, arXiv 2302.06675, algorithm 2): steps of one size for every weight, so that its learning rate is
// usually 3 to 10 times smaller than AdamW's, and its weight decay as much larger.
//   u = sign(beta1 * m + (1 - beta1) * grad);  w = (1 - lr * weight_decay) * w - lr * u;  m = beta2 * m + (1 - beta2) * grad
#include <aviary/elementwise_optimizer.hpp>

#include <vector>

namespace {

struct Params {
  double lr = 1e-4;
  std::vector<double> betas = {0.9, 0.99};
  double weight_decay = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0);
    list.add("betas", &Params::betas, "how much of the average gradient decides a step, and is kept")
        .size(2)
        .at_least(0)
        .below(1);
    list.add("weight_decay", &Params::weight_decay, "share of a weight that is taken off, times the learning rate").at_least(0);
  }
};

class Lion final : public aviary::ElementwiseOptimizer {
 public:
  Lion(const Params& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context, {"exp_avg"}), params_(params) {}

 private:
  void update(const Update& to) override {
    const double rate = to.learning_rate;
    const double shrink = 1 - to.learning_rate * to.weight_decay;
    const double beta1 = params_.betas[0];
    const double beta2 = params_.betas[1];
    aviary::elementwise(
        [=]<class T>(T g, T& w, T& m) {
          const T u = T(beta1) * m + T(1 - beta1) * g;
          w = T(shrink) * w - T(rate) * aviary::sign(u);
          m = T(beta2) * m + T(1 - beta2) * g;
        },
        to.gradient, to.weight, to.remembered[0]);
  }

  Params params_;
};

}  // namespace

AVIARY_OPTIMIZER("lion", Lion, Params, "Steps by the sign of the average gradient, with weight decay of its own")
