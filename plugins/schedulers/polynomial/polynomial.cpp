// PyTorch's PolynomialLR, over the whole training where total_iters is not given.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace {

struct Params {
  std::optional<std::int64_t> total_iters;
  double power = 1;
  std::string per = "epoch";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("total_iters", &Params::total_iters, "epochs until the rate is 0 (default: all)").at_least(1).epochs();
    list.add("power", &Params::power, "1 falls along a line, 2 along a parabola").at_least(0).usual("1");
    list.add("per", &Params::per, "when the rate moves").one_of({"epoch", "step"});
  }
};

class Polynomial final : public aviary::Scheduler {
 public:
  explicit Polynomial(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const auto end = static_cast<double>(params_.total_iters.value_or(progress.epochs));
    return base * std::pow(1 - std::min(progress.elapsed(params_.per), end) / end, params_.power);
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("polynomial", Polynomial, Params, "Let the learning rate fall to 0 along a power of the time that is left")
