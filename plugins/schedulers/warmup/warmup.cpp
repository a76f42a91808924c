// A warm-up in front of any schedule, as PyTorch's SequentialLR of a LinearLR or ConstantLR and that schedule. Where the
// schedule itself does not start at the optimizer's lr, the warm-up leads to where it starts.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Params {
  std::unique_ptr<aviary::Scheduler> schedule;
  std::int64_t warmup_epochs = 5;
  std::string mode = "linear";
  double start_factor = 1.0 / 3;
  std::string per = "epoch";

  static void declare(aviary::ParamList<Params>& list) {
    list.component("schedule", &Params::schedule, "the schedule of the epochs after the warm-up").required();
    list.add("warmup_epochs", &Params::warmup_epochs, "epochs before the schedule starts").at_least(0).epochs();
    list.add("mode", &Params::mode, "rise along a line, or stay at the first rate").one_of({"linear", "constant"});
    list.add("start_factor", &Params::start_factor, "the first rate, as a share of the schedule's").at_least(0).at_most(1);
    list.add("per", &Params::per, "when a linear rate moves").one_of({"epoch", "step"});
  }
};

class Warmup final : public aviary::Scheduler {
 public:
  explicit Warmup(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const std::int64_t rest = std::max<std::int64_t>(progress.epochs - params_.warmup_epochs, 1);
    if (progress.epoch >= params_.warmup_epochs)
      return params_.schedule->learning_rate(base, progress.part(params_.warmup_epochs, rest));
    const double target = params_.schedule->learning_rate(base, {.epochs = rest, .steps = progress.steps, .history = {}});
    const double way =
        params_.mode == "linear" ? progress.elapsed(params_.per) / static_cast<double>(params_.warmup_epochs) : 0;
    return target * (params_.start_factor + (1 - params_.start_factor) * way);
  }

  std::vector<aviary::Misfit> misfits(const aviary::SchedulerContext& context) const override {
    const std::int64_t rest = context.epochs - params_.warmup_epochs;
    if (rest < 0)
      return {
          {"warmup_epochs",
           "is " + std::to_string(params_.warmup_epochs) + ", past the end of " + std::to_string(context.epochs) + " epochs",
           {{"warmup_epochs", context.epochs}}}};
    return rest == 0 ? std::vector<aviary::Misfit>() : params_.schedule->misfits_below("schedule", {rest, context.metric});
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("warmup", Warmup, Params, "Start a schedule with a lower learning rate")
