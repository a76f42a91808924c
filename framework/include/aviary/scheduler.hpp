// Sets the learning rate. A schedule is a function of progress (and of the metric's history) and remembers nothing, so it can
// be drawn before training and continued from any point. See plugins/schedulers/step for a whole one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

  /// Epochs behind us: whole ones for `per` = "epoch", with the share of the one under way for "step".
  double elapsed(std::string_view per) const;

  /// The same moment as a schedule sees it that begins at epoch `first` and has `count` epochs.
  Progress part(std::int64_t first, std::int64_t count) const;
};

/// Which of two values of `training.metric` is the better one.
enum class Better { smaller, larger };

struct SchedulerContext {
  std::int64_t epochs;                            ///< of the whole training
  std::optional<Better> metric = Better::larger;  ///< none where the metric is not computed
};

/// A setting that is fine by itself and does not fit the training.
struct Misfit {
  std::string key;                   ///< of the setting; "schedules[1].gamma" is one of a schedule within this one
  std::string message;               ///< goes on after the key: "has epoch 60, which is past the end of 50 epochs"
  std::map<std::string, Value> cut;  ///< what lies past the end taken off, by key; empty where something else is wrong
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

  /// What of the settings does not fit a training, or a part of one. Called when a recipe is read.
  virtual std::vector<Misfit> misfits(const SchedulerContext& context) const;

  /// Those of a schedule that another one holds under `key`, in that one's words.
  std::vector<Misfit> misfits_below(const std::string& key, const SchedulerContext& context) const;
};

}  // namespace aviary

#define AVIARY_SCHEDULER(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::Scheduler, "scheduler", name, Class, Params, summary)
