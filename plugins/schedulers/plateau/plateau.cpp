// PyTorch's ReduceLROnPlateau, from the metric's history instead of from memory.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Params {
  std::optional<std::string> mode;
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  std::string threshold_mode = "rel";
  std::int64_t cooldown = 0;
  double min_lr = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("mode", &Params::mode, "whether a smaller or a larger training.metric is better (default: as it is)")
        .one_of({"min", "max"});
    list.add("factor", &Params::factor, "what the rate is multiplied by").above(0).below(1);
    list.add("patience", &Params::patience, "epochs in a row that may pass without a better metric").at_least(0).epochs();
    list.add("threshold", &Params::threshold, "by how much a metric must be better to count").at_least(0);
    list.add("threshold_mode", &Params::threshold_mode, "threshold is a share of the best metric, or a difference to it")
        .one_of({"rel", "abs"});
    list.add("cooldown", &Params::cooldown, "epochs after a drop that are not counted").at_least(0).epochs();
    list.add("min_lr", &Params::min_lr, "the lowest rate").at_least(0);
  }
};

class Plateau final : public aviary::Scheduler {
 public:
  Plateau(Params params, const aviary::SchedulerContext& context)
      : params_(std::move(params)), larger_(params_.mode ? params_.mode == "max" : context.metric != aviary::Better::smaller) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    // PyTorch's eps: a smaller change of the rate is not worth one.
    constexpr double least_change = 1e-8;
    double best = larger_ ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    std::int64_t bad = 0;
    std::int64_t cooling = 0;
    double rate = base;
    for (const double metric : progress.history) {
      const bool better = is_better(metric, best);
      if (better) best = metric;
      bad = better ? 0 : bad + 1;
      if (cooling > 0) {
        --cooling;
        bad = 0;
      }
      if (bad <= params_.patience) continue;
      const double lower = std::max(rate * params_.factor, params_.min_lr);
      if (rate - lower > least_change) rate = lower;
      cooling = params_.cooldown;
      bad = 0;
    }
    return rate;
  }

  std::vector<aviary::Misfit> misfits(const aviary::SchedulerContext& context) const override {
    if (!context.metric) return {{"type", "is \"plateau\", which needs a training.metric that is computed", {}}};
    if (larger_ == (context.metric == aviary::Better::larger)) return {};
    return {{"mode", "is \"" + *params_.mode + "\", but training.metric is better the other way round; leave mode out", {}}};
  }

 private:
  bool is_better(double metric, double best) const {
    const double sign = larger_ ? 1 : -1;
    const double bound =
        params_.threshold_mode == "rel" ? best * (1 + sign * params_.threshold) : best + sign * params_.threshold;
    return larger_ ? metric > bound : metric < bound;
  }

  Params params_;
  bool larger_;
};

}  // namespace

AVIARY_SCHEDULER("plateau", Plateau, Params, "Drop the learning rate when the metric no longer gets better")
