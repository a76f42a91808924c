// PyTorch's MultiStepLR: base, times gamma at every milestone; gammas may differ.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Params {
  std::vector<std::int64_t> milestones;
  std::vector<double> gamma = {0.1};

  static void declare(aviary::ParamList<Params>& list) {
    list.add("milestones", &Params::milestones, "epochs, counted from 0, from whose start the rate is lower")
        .at_least(0)
        .ascending()
        .epochs()
        .required();
    list.add("gamma", &Params::gamma, "factor applied at every milestone: one number, or one each").above(0).at_most(1);
    list.rule(
        "gamma", [](const Params& p) { return p.gamma.size() == 1 || p.gamma.size() == p.milestones.size(); },
        "must be one number, or one for each milestone");
  }
};

class Milestones final : public aviary::Scheduler {
 public:
  explicit Milestones(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    for (std::size_t i = 0; i < reached(progress.epoch); ++i)
      base *= params_.gamma.size() == 1 ? params_.gamma[0] : params_.gamma[i];
    return base;
  }

  std::vector<aviary::Misfit> misfits(const aviary::SchedulerContext& context) const override {
    const std::size_t within = reached(context.epochs - 1);
    if (within == params_.milestones.size()) return {};
    const std::string message = "has epoch " + std::to_string(params_.milestones[within]) + ", which is past the end of " +
                                std::to_string(context.epochs) + " epochs; they count from 0";
    aviary::Misfit misfit{"milestones", message, {}};
    misfit.cut["milestones"] = first(params_.milestones, within);
    if (params_.gamma.size() > 1) misfit.cut["gamma"] = first(params_.gamma, std::max<std::size_t>(within, 1));
    return {misfit};
  }

 private:
  std::size_t reached(std::int64_t epoch) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(params_.milestones, epoch) - params_.milestones.begin());
  }

  template <class T>
  static std::vector<T> first(const std::vector<T>& list, std::size_t count) {
    return {list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("milestones", Milestones, Params, "Drop the learning rate at given epochs")
