// RMSprop (Hinton's lecture 6 of 2012; centered: Graves, 2013, arXiv 1308.0850) as PyTorch computes it, eps outside of the
// root:
//   g = grad + weight_decay * w;  s = alpha * s + (1 - alpha) * g^2;  a = alpha * a + (1 - alpha) * g, if centered
//   b = momentum * b + g / (sqrt(centered ? s - a^2 : s) + eps);  w -= lr * b
#include <aviary/elementwise_optimizer.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace {

struct Params {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("lr", &Params::lr, "learning rate that the schedule starts from").at_least(0);
    list.add("alpha", &Params::alpha, "how much is kept of the average of squares").at_least(0).below(1);
    list.add("eps", &Params::eps, "added to the denominator").above(0);
    list.add("weight_decay", &Params::weight_decay, "L2 penalty, added to the gradient").at_least(0);
    list.add("momentum", &Params::momentum, "share of the last step that is kept").at_least(0).below(1).usual("0.9");
    list.add("centered", &Params::centered, "divide by the deviation, without the mean of the gradients");
  }
};

class RmsProp final : public aviary::ElementwiseOptimizer {
 public:
  RmsProp(const Params& params, const aviary::OptimizerContext& context)
      : ElementwiseOptimizer(params.lr, params.weight_decay, context, names(params)), params_(params) {}

 private:
  static std::vector<std::string> names(const Params& params) {
    std::vector<std::string> names = {"square_avg", "momentum_buffer", "grad_avg"};
    if (!params.centered) names.erase(names.begin() + 2);
    if (params.momentum == 0) names.erase(names.begin() + 1);
    return names;
  }

  void update(const Update& to) override {
    const double rate = to.learning_rate;
    const double decay = to.weight_decay;
    const double alpha = params_.alpha;
    const double eps = params_.eps;
    const double kept = params_.momentum;
    const auto squares = [=]<class T>(T& g, T w, T& s) {
      g += T(decay) * w;
      s = T(alpha) * s + T(1 - alpha) * g * g;
    };
    const auto deviation = [=]<class T>(T g, T s, T& a) {
      a = T(alpha) * a + T(1 - alpha) * g;
      return aviary::sqrt(s - a * a) + T(eps);
    };
    const auto pushed = [=]<class T>(T& w, T& b, T push) {
      b = T(kept) * b + push;
      w -= T(rate) * b;
    };
    const auto& kept_tensors = to.remembered;
    if (params_.centered && kept > 0)
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& s, T& b, T& a) {
            squares(g, w, s);
            pushed(w, b, g / deviation(g, s, a));
          },
          to.gradient, to.weight, kept_tensors[0], kept_tensors[1], kept_tensors[2]);
    else if (params_.centered)
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& s, T& a) {
            squares(g, w, s);
            w -= T(rate) * g / deviation(g, s, a);
          },
          to.gradient, to.weight, kept_tensors[0], kept_tensors[1]);
    else if (kept > 0)
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& s, T& b) {
            squares(g, w, s);
            pushed(w, b, g / (aviary::sqrt(s) + T(eps)));
          },
          to.gradient, to.weight, kept_tensors[0], kept_tensors[1]);
    else
      aviary::elementwise(
          [=]<class T>(T g, T& w, T& s) {
            squares(g, w, s);
            w -= T(rate) * g / (aviary::sqrt(s) + T(eps));
          },
          to.gradient, to.weight, kept_tensors[0]);
  }

  Params params_;
};

}  // namespace

AVIARY_OPTIMIZER("rmsprop", RmsProp, Params, "Gradients divided by the root of their average square")
