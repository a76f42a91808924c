// Trains an experiment, epoch after epoch: batches, steps, validation, checkpoints. Tells its listeners what happened. Runs on
// the calling thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "data/loader.hpp"
#include "results/evaluation.hpp"
#include "results/event_log.hpp"
#include "results/events.hpp"
#include "results/run_folder.hpp"
#include "training/batch_feed.hpp"
#include "training/checkpoint.hpp"
#include "training/experiment.hpp"
#include "training/saver.hpp"
#include "training/time_limit.hpp"

namespace aviary::training {

struct TrainerOptions {
  int workers = 1;                                       ///< threads that prepare batches
  std::optional<std::int64_t> limit_batches;             ///< per epoch and split: a quick look
  std::optional<TimeLimit::Clock::time_point> deadline;  ///< what cannot end and be saved before is not begun
  std::optional<std::int64_t> last_epoch = {};           ///< none is begun once so many are complete
};

struct Outcome {
  bool interrupted = false;
  bool out_of_time = false;            ///< ended for the deadline, or after last_epoch
  std::int64_t epochs = 0;             ///< completed
  std::optional<double> seconds_left;  ///< of the whole training, estimated from this process's pace
  results::Scores train;               ///< of the last epoch
  std::optional<results::Scores> validation;
  std::optional<results::Scores> ema;   ///< of the averaged weights, on the validation part
  std::optional<results::Scores> swa;   ///< of the weights averaged over the last epochs, likewise
  std::optional<results::Scores> test;  ///< of the best checkpoint, or of the last where nothing was validated
  std::optional<std::int64_t> best;     ///< epochs completed at the best checkpoint
  std::optional<double> best_value;
  double images_per_second = 0;  ///< training only
  double seconds = 0;
};

class Trainer {
 public:
  /// Keeps references: all must outlive it. Without a log it writes nothing: where several processes train together, one does.
  /// `stop` is set from a signal handler; training then ends after the batch under way, in all processes.
  Trainer(Experiment& experiment, const results::RunFolder& run, results::EventLog* log, const TrainerOptions& options,
          const std::atomic<bool>& stop, std::vector<results::Listener*> listeners);

  /// From `position` to the end, or until stopped; a checkpoint of that moment is then `last`. Once.
  Outcome run(const Position& position);

 private:
  using Clock = std::chrono::steady_clock;

  /// Of this process, which may have come in at the middle of an epoch. Validation is not counted.
  struct Pace {
    Clock::time_point began;
    std::int64_t pictures = 0;
    double seconds = 0;

    double images_per_second() const { return seconds > 0 ? static_cast<double>(pictures) / seconds : 0; }
  };

  bool train_epoch();
  void train_group();
  void update_ema();
  bool score_epoch();
  bool finish_epoch();
  bool score_test();
  std::optional<results::Evaluation> evaluate(data::Loader& loader);
  std::optional<results::Scores> score(data::Loader& loader);
  std::optional<results::Scores> validate(bool ema);
  std::optional<double> metric(const std::string& name) const;
  bool is_best(double value) const;
  bool stopped_early() const;
  void begin_swa();
  bool finish_swa();
  bool in_swa_epochs() const;
  bool ended() const { return interrupted_ || out_of_time_; }
  bool after_last_epoch() const { return options_.last_epoch && position_.epoch >= *options_.last_epoch; }
  bool save_is_due(std::int64_t before) const;
  bool may_go_on(bool interrupted, bool in_time);
  bool step_fits();
  bool time_to_score(const data::Loader& loader, int times = 1);
  std::optional<double> seconds_left() const;
  template <class Part>
  std::invoke_result_t<const Part&> saving_failures(const Part& part);
  void save(const std::string& name);
  bool saved_this_moment();
  void tell_batch();
  void tell_bad_pictures(const data::Loader& loader);
  Progress progress() const;
  results::Scores train_scores() const;
  std::int64_t batches(const data::Loader& loader) const;
  std::int64_t batches_to_come() const;

  template <class Event>
  void tell(void (results::Listener::*handler)(const Event&), const Event& event) {
    for (results::Listener* const listener : listeners_) (listener->*handler)(event);
  }

  Experiment& experiment_;
  const results::RunFolder& run_;
  TrainerOptions options_;
  const std::atomic<bool>& stop_;
  std::vector<results::Listener*> listeners_;
  data::Loader train_loader_;
  BatchFeed feed_;
  std::optional<data::Loader> validation_loader_;
  Position position_;
  Outcome outcome_;
  Pace epoch_pace_;
  Pace run_pace_;
  results::Spent spent_;           // of the epoch, in this process
  std::int64_t batches_done_ = 0;  // in this process
  std::int64_t batches_left_ = 0;  // of the whole training
  double rate_ = 0;                // of the last step
  Saver saver_;
  Clock::time_point saved_;  // when a checkpoint was begun
  TimeLimit limit_;
  bool interrupted_ = false;  // of any process, as all of them know
  bool out_of_time_ = false;
};

}  // namespace aviary::training
