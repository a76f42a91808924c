// Sets the learning rate. A schedule is a function of progress (and of the metric's history) and remembers nothing, so it can
// be drawn before training and continued from any point. See plugins/schedulers/step for a whole one.
#pragma once

#include <cstdint>
#include <span>

#include <aviary/api.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

/// Where the training stands. Epochs and steps count from 0.
struct AVIARY_API Progress {
  std::int64_t epoch = 0;           ///< the one under way
  std::int64_t epochs = 1;          ///< of the whole training
  std::int64_t step = 0;            ///< within the epoch
  std::int64_t steps = 1;           ///< of an epoch
  std::span<const double> history;  ///< the recipe's `training.metric` after each finished epoch

  /// Whether this is the first epoch at or after `fraction` (0 to 1) of the training, or a later one. Exact for all lengths:
  /// 0.55 of 100 epochs is epoch 55, 3/10 of 47 is epoch 15.
  bool past(double fraction) const;
};

struct SchedulerContext {
  std::int64_t epochs;  ///< of the whole training
};

class AVIARY_API Scheduler {
 public:
  using Context = SchedulerContext;
  static constexpr Kind kind = Kind::scheduler;

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler();

  /// The learning rate of this step; `base` is the optimizer's `lr`. Called before every step.
  virtual double learning_rate(double base, const Progress& progress) const = 0;
};

}  // namespace aviary

#define AVIARY_SCHEDULER(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::Scheduler, "scheduler", name, Class, Params, summary)
