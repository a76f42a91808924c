// PyTorch's OneCycleLR with two phases (Smith and Topin, arXiv 1708.07120). It moves the learning rate alone: PyTorch's class
// also cycles the momentum, which belongs to the optimizer here.
#include <aviary/scheduler.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

namespace {

struct Params {
  std::optional<double> max_lr;
  double pct_start = 0.3;
  std::string anneal_strategy = "cos";
  double div_factor = 25;
  double final_div_factor = 1e4;
  std::string per = "step";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("max_lr", &Params::max_lr, "the highest rate (default: the optimizer's lr)").at_least(0);
    list.add("pct_start", &Params::pct_start, "share of the training in which the rate rises").at_least(0).at_most(1);
    list.add("anneal_strategy", &Params::anneal_strategy, "along a cosine or a line").one_of({"cos", "linear"});
    list.add("div_factor", &Params::div_factor, "the highest rate over the first").at_least(1);
    list.add("final_div_factor", &Params::final_div_factor, "the first rate over the last").at_least(1);
    list.add("per", &Params::per, "when the rate moves").one_of({"epoch", "step"});
  }
};

class OneCycle final : public aviary::Scheduler {
 public:
  explicit OneCycle(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const bool per_step = params_.per == "step";
    const auto at = static_cast<double>(per_step ? progress.epoch * progress.steps + progress.step : progress.epoch);
    const auto total = static_cast<double>(per_step ? progress.epochs * progress.steps : progress.epochs);
    const double highest = params_.max_lr.value_or(base);
    const double first = highest / params_.div_factor;
    const double top = params_.pct_start * total - 1;
    if (at <= top) return between(first, highest, top == 0 ? 1 : at / top);
    return between(highest, first / params_.final_div_factor, (at - top) / (total - 1 - top));
  }

 private:
  double between(double from, double to, double way) const {
    if (params_.anneal_strategy == "linear") return from + (to - from) * way;
    return to + (from - to) * (1 + std::cos(std::numbers::pi * way)) / 2;
  }

  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("one_cycle", OneCycle, Params, "Rise to the highest learning rate once, and fall far below the first")
