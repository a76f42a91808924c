#include <aviary/scheduler.hpp>

namespace {

class Constant final : public aviary::Scheduler {
 public:
  explicit Constant(aviary::NoParams) {}

  double learning_rate(double base, const aviary::Progress&) const override { return base; }
};

}  // namespace

AVIARY_SCHEDULER("constant", Constant, aviary::NoParams, "The optimizer's learning rate, unchanged")
