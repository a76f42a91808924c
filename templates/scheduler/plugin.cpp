// Linear warm-up, then half a cosine: the rate rises from base / n to base over the n steps of the warm-up, and falls to
// minimum * base until the end of the training.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace {

struct Params {
  std::int64_t warmup_epochs = 2;
  double minimum = 0.01;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("warmup_epochs", &Params::warmup_epochs, "epochs in which the rate rises").at_least(0).usual("2 to 5").epochs();
    list.add("minimum", &Params::minimum, "where the rate ends, as a share of where it starts").at_least(0).at_most(1);
  }
};

class @Name@ final : public aviary::Scheduler {
 public:
  explicit @Name@(const Params& params) : params_(params) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const std::int64_t step = progress.epoch * progress.steps + progress.step;
    const std::int64_t steps = progress.epochs * progress.steps;
    const std::int64_t warmup = params_.warmup_epochs * progress.steps;
    if (step < warmup) return base * static_cast<double>(step + 1) / static_cast<double>(warmup);
    const double way = static_cast<double>(step - warmup) / static_cast<double>(std::max<std::int64_t>(steps - warmup, 1));
    const double share = 0.5 * (1 + std::cos(std::numbers::pi * way));
    return base * (params_.minimum + (1 - params_.minimum) * share);
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("@name@", @Name@, Params, "Linear warm-up, then half a cosine")
