#include <aviary/scheduler.hpp>

namespace {

class GuestScheduler final : public aviary::Scheduler {
 public:
  explicit GuestScheduler(aviary::NoParams) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    return base / static_cast<double>(1 + progress.epoch);
  }
};

}  // namespace

AVIARY_SCHEDULER("guest_scheduler", GuestScheduler, aviary::NoParams, "The rate, divided by the number of the epoch")
