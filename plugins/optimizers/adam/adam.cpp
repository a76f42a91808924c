// Adam (Kingma and Ba, 2014, arXiv 1412.6980), with AMSGrad (Reddi et al., 2018) if wanted, and AdamW (Loshchilov and Hutter,
// 2017, arXiv 1711.05101), which shrinks the weights by themselves, as PyTorch computes them. At step t:
//   Adam: g = grad + weight_decay * w;  AdamW: g = grad, w *= 1 - lr * weight_decay
//   m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2;  peak = amsgrad ? max(peak, v) : v
//   w -= lr * m / (1 - beta1^t) / (sqrt(peak) / sqrt(1 - beta2^t) + eps)
#include <aviary/elementwise_optimizer.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace {

enum class Decay { added, decoupled };

template <Decay decay>
struct Params {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = decay == Decay::decoupled ? 1e-2 : 0;
  bool amsgrad = false;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0);
    list.add("betas", &Params::betas, "how much is kept of the averages of the gradient and of its square")
        .size(2)
        .at_least(0)
        .below(1);
    list.add("eps", &Params::eps, "added to the denominator").above(0);
    list.add("weight_decay", &Params::weight_decay,
             decay == Decay::decoupled ? "share of a weight that is taken off, times the learning rate"
                                       : "L2 penalty, added to the gradient")
        .at_least(0);
    list.add("amsgrad", &Params::amsgrad, "divide by the largest average of squares so far");
  }
};

template <Decay decay>
class Adam final : public aviary::ElementwiseOptimizer {
 public:
  Adam(const Params<decay>& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context, names(params.amsgrad)), params_(params) {}

 private:
  static std::vector<std::string> names(bool amsgrad) {
    if (amsgrad) return {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    return {"exp_avg", "exp_avg_sq"};
  }

  void update(const Update& to) override {
    const double beta1 = params_.betas[0];
    const double beta2 = params_.betas[1];
    const auto t = static_cast<double>(to.step);
    const double size = to.learning_rate / (1 - std::pow(beta1, t));
    const double unbias = 1 / std::sqrt(1 - std::pow(beta2, t));
    const double added = decay == Decay::added ? to.weight_decay : 0;
    const double shrink = decay == Decay::decoupled ? 1 - to.learning_rate * to.weight_decay : 1;
    const double eps = params_.eps;
    const auto average = [=]<class T>(T g, T w, T& m, T& v) {
      g += T(added) * w;
      m = T(beta1) * m + T(1 - beta1) * g;
      v = T(beta2) * v + T(1 - beta2) * g * g;
    };
    const auto move = [=]<class T>(T& w, T m, T peak) {
      w = T(shrink) * w - T(size) * m / (aviary::sqrt(peak) * T(unbias) + T(eps));
    };
    if (params_.amsgrad)
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& m, T& v, T& peak) {
            average(g, w, m, v);
            peak = aviary::larger(peak, v);
            move(w, m, peak);
          },
          to.gradient, to.weight, to.remembered[0], to.remembered[1], to.remembered[2]);
    else
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& m, T& v) {
            average(g, w, m, v);
            move(w, m, v);
          },
          to.gradient, to.weight, to.remembered[0], to.remembered[1]);
  }

  Params<decay> params_;
};

}  // namespace

AVIARY_OPTIMIZER("adam", Adam<Decay::added>, Params<Decay::added>, "Adam or AMSGrad, with weight decay added to the gradient")
AVIARY_OPTIMIZER("adamw", Adam<Decay::decoupled>, Params<Decay::decoupled>,
                 "Adam or AMSGrad, with weight decay of its own beside the gradient")
