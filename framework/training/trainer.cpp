#include "training/trainer.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "results/evaluation.hpp"
#include "training/step.hpp"

namespace aviary::training {
namespace {

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::string epoch_name(std::int64_t completed) { return fmt::format("epoch-{:04}", completed); }

}  // namespace

Trainer::Trainer(Experiment& experiment, const results::RunFolder& run, results::EventLog& log, const TrainerOptions& options,
                 const std::atomic<bool>& stop, std::vector<results::Listener*> listeners)
    : experiment_(experiment),
      run_(run),
      log_(log),
      options_(options),
      stop_(stop),
      listeners_(std::move(listeners)),
      train_loader_(experiment.dataset.train, experiment.preparation, loader_options()) {
  listeners_.push_back(&log_);
  if (!experiment.dataset.validation.samples.empty())
    validation_loader_.emplace(experiment.dataset.validation, experiment.preparation, loader_options());
}

data::LoaderOptions Trainer::loader_options() const {
  const recipe::Recipe& recipe = experiment_.recipe();
  return {.batch_size = recipe.data.batch_size,
          .workers = options_.workers,
          .seed = static_cast<std::uint64_t>(recipe.training.seed),
          .on_bad_image = recipe.data.on_bad_image == "stop" ? data::OnBadImage::stop : data::OnBadImage::skip};
}

std::int64_t Trainer::batches(const data::Loader& loader) const {
  return std::min(loader.batches(), options_.limit_batches.value_or(loader.batches()));
}

Progress Trainer::progress() const {
  return {.epoch = position_.epoch,
          .epochs = experiment_.recipe().training.epochs,
          .step = position_.batch,
          .steps = batches(train_loader_),
          .history = position_.history};
}

results::Scores Trainer::train_scores() const {
  const auto pictures = static_cast<double>(std::max<std::int64_t>(position_.pictures, 1));
  return {position_.loss_sum / pictures, static_cast<double>(position_.correct) / pictures, position_.pictures};
}

Outcome Trainer::run(const Position& position) {
  position_ = position;
  run_pace_ = {.began = Clock::now()};
  const data::Dataset& dataset = experiment_.dataset;
  tell(&results::Listener::started, results::RunStarted{.recipe = experiment_.recipe().name,
                                                        .epoch = position_.epoch,
                                                        .epochs = experiment_.recipe().training.epochs,
                                                        .parameters = experiment_.learner.parameter_count(),
                                                        .train_pictures = std::ssize(dataset.train.samples),
                                                        .validation_pictures = std::ssize(dataset.validation.samples),
                                                        .classes = experiment_.learner.outputs,
                                                        .threads = at::get_num_threads(),
                                                        .workers = options_.workers});
  bool completed = true;
  while (completed && position_.epoch < experiment_.recipe().training.epochs) {
    epoch_pace_ = {.began = Clock::now()};
    completed = train_epoch() && finish_epoch();
  }
  outcome_.best = position_.best;
  if (position_.best) outcome_.best_value = position_.history.at(static_cast<std::size_t>(*position_.best - 1));
  outcome_.images_per_second = run_pace_.images_per_second();
  completed = completed && score_test();
  outcome_.interrupted = !completed;
  outcome_.seconds = seconds_since(run_pace_.began);
  using Reason = results::RunEnded::Reason;
  tell(&results::Listener::ended,
       results::RunEnded{
           .reason = completed ? Reason::finished : Reason::interrupted, .seconds = outcome_.seconds, .test = outcome_.test});
  return outcome_;
}

// Whether the epoch came to its end; if not, a checkpoint of this moment was saved.
bool Trainer::train_epoch() {
  experiment_.learner.train_mode();
  train_loader_.start(position_.epoch, data::Order::shuffled, &experiment_.augmentation, position_.batch);
  while (position_.batch < batches(train_loader_)) {
    const std::optional<data::Batch> batch = train_loader_.next();
    if (!batch) break;
    const std::int64_t pictures = batch->labels.size(0);
    if (pictures > 0) {
      const StepResult step = train_step(experiment_.learner, *batch, experiment_.dataset.train, progress());
      position_.loss_sum += step.loss * static_cast<double>(pictures);
      position_.correct += step.correct;
      position_.pictures += pictures;
    }
    ++position_.batch;
    ++batches_done_;
    tell_bad_pictures(train_loader_);
    epoch_pace_.pictures += pictures;
    epoch_pace_.seconds = seconds_since(epoch_pace_.began);
    tell_batch();
    if (stop_) break;
  }
  run_pace_.seconds += epoch_pace_.seconds;
  run_pace_.pictures += epoch_pace_.pictures;
  if (stop_) {
    save("step");
    return false;
  }
  if (position_.pictures == 0) throw Error("no training picture could be read");
  return true;
}

// Validates and completes the epoch; false when stopped before.
bool Trainer::finish_epoch() {
  std::optional<results::Scores> validation;
  if (validation_loader_) {
    validation = score(*validation_loader_);
    if (!validation) {
      save("step");
      return false;
    }
  }
  const Progress at = progress();
  const double rate = experiment_.learner.learning_rate({at.epoch, at.epochs, at.steps - 1, at.steps, at.history});
  outcome_.train = train_scores();
  outcome_.validation = validation;
  const std::optional<double> value = metric(validation);
  const bool best = value && is_best(*value);
  if (value) position_.history.push_back(*value);
  if (best) position_.best = position_.epoch + 1;
  tell(&results::Listener::epoch_done, results::EpochDone{.epoch = position_.epoch,
                                                          .epochs = at.epochs,
                                                          .learning_rate = rate,
                                                          .train = outcome_.train,
                                                          .validation = validation,
                                                          .best = best,
                                                          .seconds = seconds_since(epoch_pace_.began),
                                                          .images_per_second = epoch_pace_.images_per_second()});
  position_.epoch += 1;
  position_.batch = 0;
  position_.loss_sum = 0;
  position_.correct = 0;
  position_.pictures = 0;
  const std::string name = epoch_name(position_.epoch);
  save(name);
  if (best) run_.link("best", name);
  remove_old_checkpoints();
  return true;
}

std::optional<double> Trainer::metric(const std::optional<results::Scores>& validation) const {
  const std::string& name = experiment_.recipe().training.metric;
  const bool loss = name.ends_with("loss");
  if (name.starts_with("train.")) return loss ? outcome_.train.loss : outcome_.train.top1;
  if (!validation) return std::nullopt;
  return loss ? validation->loss : validation->top1;
}

bool Trainer::is_best(double value) const {
  if (!position_.best) return true;
  const double best = position_.history.at(static_cast<std::size_t>(*position_.best - 1));
  return experiment_.recipe().training.metric.ends_with("loss") ? value < best : value > best;
}

std::optional<results::Scores> Trainer::score(data::Loader& loader) {
  const results::EvaluationOptions options{.limit_batches = options_.limit_batches};
  const auto evaluation =
      results::evaluate(*experiment_.learner.model, experiment_.recipe().model.callee, loader, options, stop_);
  tell_bad_pictures(loader);
  if (!evaluation) return std::nullopt;
  return evaluation->scores;
}

bool Trainer::score_test() {
  if (experiment_.dataset.test.samples.empty()) return true;
  load_weights(run_.checkpoint(position_.best ? "best" : "last"), *experiment_.learner.model, experiment_.dataset.classes);
  data::Loader loader(experiment_.dataset.test, experiment_.preparation, loader_options());
  outcome_.test = score(loader);
  return outcome_.test.has_value();
}

void Trainer::save(const std::string& name) {
  const results::LogLengths lengths = log_.lengths();
  position_.events_bytes = lengths.events;
  position_.metrics_bytes = lengths.metrics;
  save_checkpoint(run_.checkpoints() / name, experiment_, position_);
  run_.link("last", name);
}

// The recipe's last few stay, and the best. What was saved within an epoch goes when the epoch is complete.
void Trainer::remove_old_checkpoints() const {
  const std::string best = position_.best ? epoch_name(*position_.best) : "";
  for (const auto& entry : std::filesystem::directory_iterator(run_.checkpoints())) {
    const std::string name = entry.path().filename().string();
    const bool old = name.starts_with("epoch-") && name <= epoch_name(position_.epoch - experiment_.recipe().checkpoint.keep);
    if ((old || name == "step") && name != best) std::filesystem::remove_all(entry.path());
  }
}

void Trainer::tell_batch() {
  const std::int64_t per_epoch = batches(train_loader_);
  const Progress at = progress();
  const std::int64_t left = (at.epochs - at.epoch) * per_epoch - position_.batch;
  const results::Scores scores = train_scores();
  results::BatchDone event{.epoch = at.epoch,
                           .epochs = at.epochs,
                           .batch = position_.batch - 1,
                           .batches = per_epoch,
                           .loss = scores.loss,
                           .top1 = scores.top1};
  event.learning_rate = experiment_.learner.learning_rate({at.epoch, at.epochs, position_.batch - 1, at.steps, at.history});
  event.images_per_second = epoch_pace_.images_per_second();
  event.seconds_left = seconds_since(run_pace_.began) / static_cast<double>(batches_done_) * static_cast<double>(left);
  tell(&results::Listener::batch_done, event);
}

void Trainer::tell_bad_pictures(const data::Loader& loader) {
  for (const data::BadPicture& bad : loader.bad_pictures())
    if (bad_told_.insert(bad.name).second)
      tell(&results::Listener::notice, results::Notice{fmt::format("left out {}: {}", bad.name, bad.reason)});
}

}  // namespace aviary::training
