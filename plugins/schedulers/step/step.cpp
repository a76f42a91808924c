// The deck's StepLR (its WRN slides; the schedule of the WRN example in davda54/sam): base, times gamma for every mark that the
// training has passed.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

struct Params {
  double gamma = 0.2;
  std::vector<double> at = {0.3, 0.5, 0.7, 0.9};

  static void declare(aviary::ParamList<Params>& list) {
    list.add("gamma", &Params::gamma, "factor applied at every step").above(0).at_most(1);
    list.add("at", &Params::at, "fractions of the training at which the rate drops").each_within(0, 1).ascending();
  }
};

class Step final : public aviary::Scheduler {
 public:
  explicit Step(const Params& params) : params_(params) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const auto drops = std::ranges::count_if(params_.at, [&](double fraction) { return progress.past(fraction); });
    return base * std::pow(params_.gamma, static_cast<double>(drops));
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("step", Step, Params, "Drop the learning rate at fixed fractions of the training")
