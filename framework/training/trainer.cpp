#include "training/trainer.hpp"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "results/evaluation.hpp"
#include "training/batch_statistics.hpp"
#include "training/early_stopping.hpp"
#include "training/step.hpp"

namespace aviary::training {
namespace {

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// What early stopping looks at. Precondition: the recipe has [early_stopping].
const std::string& watched_metric(const recipe::Recipe& recipe) {
  const auto& metric = recipe.early_stopping->metric;
  return metric ? *metric : recipe.training.metric;
}

}  // namespace

Trainer::Trainer(Experiment& experiment, const results::RunFolder& run, results::EventLog& log, const TrainerOptions& options,
                 const std::atomic<bool>& stop, std::vector<results::Listener*> listeners)
    : experiment_(experiment),
      run_(run),
      log_(log),
      options_(options),
      stop_(stop),
      listeners_(std::move(listeners)),
      train_loader_(experiment.dataset.train, experiment.preparation,
                    loader_options(experiment, experiment.dataset.train, options.workers)),
      saver_(run, log, experiment.recipe().checkpoint.keep) {
  listeners_.push_back(&log_);
  if (!experiment.dataset.validation.samples.empty())
    validation_loader_.emplace(experiment.dataset.validation, experiment.preparation,
                               loader_options(experiment, experiment.dataset.validation, options.workers));
}

std::int64_t Trainer::batches(const data::Loader& loader) const {
  return std::min(loader.batches(), options_.limit_batches.value_or(loader.batches()));
}

Progress Trainer::progress() const {
  return {.epoch = position_.epoch,
          .epochs = experiment_.recipe().training.epochs,
          .step = position_.batch / experiment_.recipe().gradient.accumulate,
          .steps = (batches(train_loader_) + experiment_.recipe().gradient.accumulate - 1) /
                   experiment_.recipe().gradient.accumulate,
          .history = position_.history};
}

results::Scores Trainer::train_scores() const {
  const auto pictures = static_cast<double>(std::max<std::int64_t>(position_.pictures, 1));
  return {position_.loss_sum / pictures, static_cast<double>(position_.correct) / pictures, position_.pictures};
}

Outcome Trainer::run(const Position& position) {
  position_ = position;
  run_pace_ = {.began = Clock::now()};
  saved_ = run_pace_.began;
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
  while (completed && position_.epoch < experiment_.recipe().training.epochs && !stopped_early()) {
    epoch_pace_ = {.began = Clock::now()};
    completed = train_epoch() && finish_epoch();
  }
  if (completed && position_.epoch < experiment_.recipe().training.epochs)
    tell(&results::Listener::notice,
         results::Notice{fmt::format("stopped after epoch {}: {} epochs without improvement", position_.epoch,
                                     experiment_.recipe().early_stopping->patience)});
  outcome_.best = position_.best;
  if (position_.best) outcome_.best_value = position_.history.at(static_cast<std::size_t>(*position_.best - 1));
  outcome_.images_per_second = run_pace_.images_per_second();
  saver_.finish();
  completed = completed && score_test() && finish_swa();
  outcome_.interrupted = !completed;
  outcome_.seconds = seconds_since(run_pace_.began);
  using Reason = results::RunEnded::Reason;
  tell(&results::Listener::ended, results::RunEnded{.reason = completed ? Reason::finished : Reason::interrupted,
                                                    .epoch = position_.epoch,
                                                    .seconds = outcome_.seconds,
                                                    .test = outcome_.test,
                                                    .swa = outcome_.swa});
  return outcome_;
}

// Whether the epoch came to its end; if not, a checkpoint of this moment was saved.
bool Trainer::train_epoch() {
  experiment_.learner.train_mode();
  train_loader_.start(position_.epoch, data::Order::shuffled, &experiment_.augmentation, position_.batch);
  while (position_.batch < batches(train_loader_)) {
    const Progress at = progress();
    const std::int64_t count = std::min(batches(train_loader_) - position_.batch, experiment_.recipe().gradient.accumulate);
    const std::vector<data::Batch> group = data::next_batches(train_loader_, count);
    position_.batch += count;
    batches_done_ += count;
    StepResult step;
    if (!group.empty()) {
      step = train_step(experiment_.learner, group, experiment_.dataset.train, at);
      position_.loss_sum += step.loss * static_cast<double>(step.pictures);
      position_.correct += step.correct;
      position_.pictures += step.pictures;
      update_ema();
    }
    tell_bad_pictures(train_loader_);
    epoch_pace_.pictures += step.pictures;
    epoch_pace_.seconds = seconds_since(epoch_pace_.began);
    tell_batch();
    if (stop_) break;
    if (save_is_due(count)) save("step");
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

void Trainer::update_ema() {
  Learner& learner = experiment_.learner;
  if (!learner.ema) return;
  const recipe::Ema& settings = *learner.recipe.ema;
  learner.ema->update(*learner.model, ema_keep(settings.decay, settings.warmup, learner.ema->updates));
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
  if (validation_loader_ && experiment_.learner.ema) {
    outcome_.ema = score_average(*experiment_.learner.ema, *validation_loader_);
    if (!outcome_.ema) {
      save("step");
      return false;
    }
  }
  if (in_swa_epochs()) {
    const auto averaged = static_cast<double>(experiment_.learner.swa->updates);
    experiment_.learner.swa->update(*experiment_.learner.model, averaged / (averaged + 1));
  }
  const Progress at = progress();
  const double rate = experiment_.learner.learning_rate({at.epoch, at.epochs, at.steps - 1, at.steps, at.history});
  outcome_.train = train_scores();
  outcome_.validation = validation;
  const recipe::Recipe& recipe = experiment_.recipe();
  const std::optional<double> value = metric(recipe.training.metric);
  const bool best = value && is_best(*value);
  if (recipe.early_stopping)
    if (const auto watched = metric(watched_metric(recipe))) position_.watched.push_back(*watched);
  if (value) position_.history.push_back(*value);
  if (best) position_.best = position_.epoch + 1;
  tell(&results::Listener::epoch_done, results::EpochDone{.epoch = position_.epoch,
                                                          .epochs = at.epochs,
                                                          .learning_rate = rate,
                                                          .train = outcome_.train,
                                                          .validation = validation,
                                                          .ema = outcome_.ema,
                                                          .best = best,
                                                          .seconds = seconds_since(epoch_pace_.began),
                                                          .images_per_second = epoch_pace_.images_per_second()});
  position_.epoch += 1;
  position_.batch = 0;
  position_.loss_sum = 0;
  position_.correct = 0;
  position_.pictures = 0;
  save(epoch_name(position_.epoch));
  return true;
}

// Of the epoch that has just been scored; none where there is no validation part.
std::optional<double> Trainer::metric(const std::string& name) const {
  const auto scores = name.starts_with("train.") ? std::optional(outcome_.train)
                      : name.starts_with("ema.") ? outcome_.ema
                                                 : outcome_.validation;
  if (!scores) return std::nullopt;
  return name.ends_with("loss") ? scores->loss : scores->top1;
}

bool Trainer::is_best(double value) const {
  if (!position_.best) return true;
  const double best = position_.history.at(static_cast<std::size_t>(*position_.best - 1));
  return experiment_.recipe().training.metric.ends_with("loss") ? value < best : value > best;
}

bool Trainer::stopped_early() const {
  const recipe::Recipe& recipe = experiment_.recipe();
  return recipe.early_stopping && out_of_patience(*recipe.early_stopping, watched_metric(recipe), position_.watched);
}

bool Trainer::in_swa_epochs() const {
  const recipe::Recipe& recipe = experiment_.recipe();
  return recipe.swa && position_.epoch >= recipe.training.epochs - recipe.swa->epochs;
}

// Puts the average over the last epochs into a checkpoint of its own, its batch norms' statistics computed anew; false when
// stopped before.
bool Trainer::finish_swa() {
  Learner& learner = experiment_.learner;
  if (!learner.swa || learner.swa->updates == 0) return true;
  const AveragedWeights averaged(*learner.model, *learner.swa);
  learner.train_mode();
  train_loader_.start(position_.epoch, data::Order::shuffled, &experiment_.augmentation);
  BatchStatistics statistics(*learner.model);
  for (std::int64_t number = 0; number < batches(train_loader_); ++number) {
    const std::optional<data::Batch> batch = train_loader_.next();
    if (stop_) return false;
    if (batch && batch->labels.size(0) > 0) statistics.add(batch->images, learner.recipe.model.callee);
  }
  save_checkpoint(run_.checkpoints() / "swa", snapshot_of(experiment_, position_));
  if (!validation_loader_) return true;
  outcome_.swa = score(*validation_loader_);
  return outcome_.swa.has_value();
}

std::optional<results::Scores> Trainer::score_average(const WeightAverage& average, data::Loader& loader) {
  const AveragedWeights averaged(*experiment_.learner.model, average);
  return score(loader);
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
  const bool ema = experiment_.recipe().training.metric.starts_with("ema.");
  load_weights(run_.checkpoint(position_.best ? "best" : "last") / (ema ? "ema.safetensors" : "model.safetensors"),
               *experiment_.learner.model, experiment_.dataset.classes);
  data::Loader loader(experiment_.dataset.test, experiment_.preparation,
                      loader_options(experiment_, experiment_.dataset.test, options_.workers));
  outcome_.test = score(loader);
  return outcome_.test.has_value();
}

// Within the epoch, after the last `count` batches.
bool Trainer::save_is_due(std::int64_t count) const {
  if (position_.batch == batches(train_loader_)) return false;  // soon, with the epoch's end
  const recipe::SaveInterval every = recipe::save_interval(experiment_.recipe().checkpoint.every).value();
  const bool enough = every.batches > 0 && position_.batch / every.batches > (position_.batch - count) / every.batches;
  return enough || (every.seconds > 0 && seconds_since(saved_) >= every.seconds);
}

void Trainer::save(const std::string& name) {
  saver_.save(name, experiment_, position_);
  saved_ = Clock::now();
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
  event.learning_rate = experiment_.learner.learning_rate({at.epoch, at.epochs, at.step - 1, at.steps, at.history});
  event.images_per_second = epoch_pace_.images_per_second();
  event.seconds_left = seconds_since(run_pace_.began) / static_cast<double>(batches_done_) * static_cast<double>(left);
  tell(&results::Listener::batch_done, event);
}

void Trainer::tell_bad_pictures(const data::Loader& loader) {
  for (const data::BadPicture& bad : loader.bad_pictures())
    if (position_.bad_pictures.insert(bad.name).second) tell(&results::Listener::notice, results::Notice{data::left_out(bad)});
}

}  // namespace aviary::training
