// The deck's CosineAnnealingWarmUpRestarts, by the formula of the blog that it names: within a cycle of T epochs the rate rises
// from base to the cycle's peak, eta_max * gamma^cycle, in T_up epochs, and falls back to base along half a cosine. The next
// cycle has (T - T_up) * T_mult + T_up epochs. With T_up = 0 and gamma = 1 it is PyTorch's CosineAnnealingWarmRestarts, whose
// eta_min is base here.
#include <aviary/scheduler.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>

namespace {

struct Params {
  std::int64_t T_0 = 10;
  std::int64_t T_mult = 1;
  double eta_max = 0.1;
  std::int64_t T_up = 0;
  double gamma = 1;
  std::string per = "epoch";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("T_0", &Params::T_0, "epochs of the first cycle").at_least(1).at_most(1'000'000).epochs().required();
    list.add("T_mult", &Params::T_mult, "how much longer every cycle's fall is than the one before").at_least(1).at_most(1000);
    list.add("eta_max", &Params::eta_max, "the first cycle's highest rate; the lowest is the optimizer's lr").at_least(0);
    list.add("T_up", &Params::T_up, "epochs in which a cycle rises").at_least(0).epochs();
    list.add("gamma", &Params::gamma, "factor on every cycle's highest rate").above(0).at_most(1);
    list.add("per", &Params::per, "when the rate moves").one_of({"epoch", "step"});
    list.rule(
        "T_up", [](const Params& p) { return p.T_up < p.T_0; }, "must be below T_0");
  }
};

class CosineWarmupRestarts final : public aviary::Scheduler {
 public:
  explicit CosineWarmupRestarts(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const auto rise = static_cast<double>(params_.T_up);
    double position = progress.elapsed(params_.per);
    auto length = static_cast<double>(params_.T_0);
    double peak = params_.eta_max;
    for (; position >= length; peak *= params_.gamma) {
      position -= length;
      length = (length - rise) * static_cast<double>(params_.T_mult) + rise;
    }
    if (position < rise) return base + (peak - base) * position / rise;
    return base + (peak - base) * (1 + std::cos(std::numbers::pi * (position - rise) / (length - rise))) / 2;
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("cosine_warmup_restarts", CosineWarmupRestarts, Params, "Cosines one after the other, each after a warm-up")
