// PyTorch's ExponentialLR.
#include <aviary/scheduler.hpp>

#include <cmath>
#include <string>
#include <utility>

namespace {

struct Params {
  double gamma = 0.95;
  std::string per = "epoch";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("gamma", &Params::gamma, "factor applied over every epoch").above(0).at_most(1);
    list.add("per", &Params::per, "when the rate moves").one_of({"epoch", "step"});
  }
};

class Exponential final : public aviary::Scheduler {
 public:
  explicit Exponential(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    return base * std::pow(params_.gamma, progress.elapsed(params_.per));
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("exponential", Exponential, Params, "Multiply the learning rate by a factor over every epoch")
