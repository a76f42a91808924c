// What the trainer tells while it works. The progress line, the event log and the metrics file only listen; nothing that they
// do reaches the training. All calls come from the thread that trains. Epochs and batches count from 0; rates and scores are 0
// to 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aviary::results {

struct Evaluation;

struct Scores {
  double loss = 0;            ///< mean over the pictures
  double top1 = 0;            ///< share whose largest logit is the right class
  std::int64_t pictures = 0;  ///< that were scored
};

struct RunStarted {
  std::string recipe;
  std::int64_t epoch = 0;  ///< the first one to train: above 0 when a run goes on
  std::int64_t epochs = 0;
  std::int64_t parameters = 0;
  std::int64_t train_pictures = 0;
  std::int64_t validation_pictures = 0;
  std::int64_t classes = 0;
  int threads = 0;
  int workers = 0;
};

/// After every training batch.
struct BatchDone {
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t batch = 0;
  std::int64_t batches = 0;
  double loss = 0;  ///< mean over the epoch so far, as is top1
  double top1 = 0;
  double learning_rate = 0;
  double images_per_second = 0;
  double seconds_left = 0;  ///< of the whole training, estimated
};

/// Seconds of an epoch, by what they were spent on; the rest of them went into saving and telling.
struct Spent {
  double data = 0;     ///< waiting for the loader
  double forward = 0;  ///< and the loss
  double backward = 0;
  double optimizer = 0;  ///< clipping and averages included
  double validation = 0;
};

struct EpochDone {
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  double learning_rate = 0;  ///< of the epoch's last step
  Scores train;
  std::optional<Scores> validation;
  std::optional<Scores> ema;  ///< of the averaged weights, on the validation part
  bool best = false;          ///< by the recipe's training.metric
  double seconds = 0;
  double images_per_second = 0;  ///< training only
  Spent spent = {};
};

/// The validation part, scored after an epoch and before that is done.
struct Validated {
  const Evaluation& evaluation;
  bool ema = false;  ///< by the averaged weights
};

/// A sentence for the user: a bad picture, a slow setting.
struct Notice {
  std::string text;
};

struct RunEnded {
  enum class Reason { finished, interrupted, out_of_time } reason = Reason::finished;
  std::int64_t epoch = 0;  ///< completed
  double seconds = 0;
  std::optional<Scores> test;  ///< of the best checkpoint, when there is a test split
  std::optional<Scores> swa;   ///< of the weights averaged over the last epochs, on the validation part
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void started(const RunStarted&) {}
  virtual void batch_done(const BatchDone&) {}
  virtual void validated(const Validated&) {}
  virtual void epoch_done(const EpochDone&) {}
  virtual void notice(const Notice&) {}
  virtual void ended(const RunEnded&) {}
};

}  // namespace aviary::results
