#include "training/trainer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "results/metric.hpp"
#include "training/batch_statistics.hpp"
#include "training/early_stopping.hpp"
#include "training/gathered_outputs.hpp"
#include "training/gradients.hpp"
#include "training/step.hpp"
#include "training/timed.hpp"
#include "weights/model_state.hpp"

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

Trainer::Trainer(Experiment& experiment, const results::RunFolder& run, results::EventLog* log, const TrainerOptions& options,
                 const std::atomic<bool>& stop, std::vector<results::Listener*> listeners)
    : experiment_(experiment),
      run_(run),
      options_(options),
      stop_(stop),
      listeners_(std::move(listeners)),
      train_loader_(experiment.dataset.train, experiment.preparation,
                    loader_options(experiment, experiment.dataset.train, options.workers)),
      feed_(train_loader_, experiment.world().size() == 1 ? data::EmptyBatches::left_out : data::EmptyBatches::kept),
      saver_(run, log, experiment.recipe().checkpoint.keep),
      limit_(options.deadline) {
  if (log != nullptr) listeners_.insert(listeners_.begin(), log);  // others may read what it wrote
  if (!experiment.dataset.validation.samples.empty())
    validation_loader_.emplace(experiment.dataset.validation, experiment.preparation,
                               loader_options(experiment, experiment.dataset.validation, options.workers));
}

std::int64_t Trainer::batches(const data::Loader& loader) const {
  return std::min(loader.batches(), options_.limit_batches.value_or(loader.batches()));
}

// From the position to the end of the training.
std::int64_t Trainer::batches_to_come() const {
  const recipe::Recipe& recipe = experiment_.recipe();
  std::int64_t batches = -position_.batch;
  for (std::int64_t epoch = position_.epoch; epoch < recipe.training.epochs; ++epoch) {
    const std::int64_t all = data::epoch_batches(experiment_.dataset.train.samples.size(),
                                                 experiment_.curriculum.sampling(epoch), experiment_.batch_size());
    batches += std::min(all, options_.limit_batches.value_or(all));
  }
  return batches;
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
  position_.processes = experiment_.world().size();
  batches_left_ = batches_to_come();
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
  begin_swa();
  bool completed = true;
  while (completed && position_.epoch < experiment_.recipe().training.epochs && !stopped_early()) {
    epoch_pace_ = {.began = Clock::now()};
    spent_ = {};
    completed = !after_last_epoch() && train_epoch() && finish_epoch();
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
  outcome_.epochs = position_.epoch;
  outcome_.out_of_time = !completed && (out_of_time_ || (after_last_epoch() && !interrupted_ && !stop_));
  outcome_.interrupted = !completed && !outcome_.out_of_time;
  if (!completed) outcome_.seconds_left = seconds_left();
  outcome_.seconds = seconds_since(run_pace_.began);
  using Reason = results::RunEnded::Reason;
  tell(&results::Listener::ended, results::RunEnded{.reason = completed              ? Reason::finished
                                                              : outcome_.out_of_time ? Reason::out_of_time
                                                                                     : Reason::interrupted,
                                                    .epoch = position_.epoch,
                                                    .seconds = outcome_.seconds,
                                                    .test = outcome_.test,
                                                    .swa = outcome_.swa});
  return outcome_;
}

// Whether the epoch came to its end; if not, a checkpoint of this moment was saved.
bool Trainer::train_epoch() {
  experiment_.learner.train_mode();
  experiment_.curriculum.start(train_loader_, position_.epoch, position_.batch);
  feed_.restart();
  const auto goes_on = [this] { return saving_failures([this] { return may_go_on(stop_, stop_ || step_fits()); }); };
  while (goes_on() && position_.batch < batches(train_loader_)) {
    const std::int64_t before = position_.batch;
    saving_failures([&] { train_group(); });
    if (!stop_ && save_is_due(before)) save("step");
  }
  run_pace_.seconds += epoch_pace_.seconds;
  run_pace_.pictures += epoch_pace_.pictures;
  if (ended()) {
    save("step");
    return false;
  }
  if (position_.pictures == 0) throw Error("no training picture could be read");
  return true;
}

// Whether all processes go on: none was interrupted, and none is short of time. They ask at the same places.
bool Trainer::may_go_on(bool interrupted, bool in_time) {
  const auto [any_interrupted, any_late] = experiment_.world().any(std::array{interrupted, !in_time});
  interrupted_ = interrupted_ || any_interrupted;
  out_of_time_ = out_of_time_ || any_late;
  return !ended();
}

bool Trainer::step_fits() { return position_.batch == batches(train_loader_) || limit_.allows_step(); }

// The batches of one step.
void Trainer::train_group() {
  const Clock::time_point began = Clock::now();
  const Progress at = progress();
  const auto batches_from = [&](std::int64_t batch) {
    return std::min(batches(train_loader_) - batch, experiment_.recipe().gradient.accumulate);
  };
  const std::int64_t count = batches_from(position_.batch);
  std::vector<data::Batch> group;
  {
    const Timed timed(spent_.data);
    group = feed_.next(count, batches_from(position_.batch + count));
  }
  StepResult step;
  if (!group.empty()) {
    step = train_step(experiment_.learner, group, experiment_.dataset.train, at);
    position_.loss_sum += step.loss * static_cast<double>(step.pictures);
    position_.correct += step.correct;
    position_.pictures += step.pictures;
    rate_ = step.learning_rate;
    spent_.forward += step.forward_seconds;
    spent_.backward += step.backward_seconds;
    spent_.optimizer += step.seconds - step.forward_seconds - step.backward_seconds;
    const Timed timed(spent_.optimizer);
    if (step.pictures > 0) update_ema();
  }
  position_.batch += count;
  batches_done_ += count;
  batches_left_ -= count;
  tell_bad_pictures(train_loader_);
  epoch_pace_.pictures += step.pictures;
  epoch_pace_.seconds = seconds_since(epoch_pace_.began);
  limit_.step_took(seconds_since(began), step.pictures);
  limit_.save_took(saver_.seconds());
  tell_batch();
}

void Trainer::update_ema() {
  Learner& learner = experiment_.learner;
  if (!learner.ema) return;
  const recipe::Ema& settings = *learner.recipe.ema;
  learner.ema->update(*learner.model, ema_keep(settings.decay, settings.warmup, learner.ema->updates));
}

// The epoch's scores into the outcome; false when stopped before.
bool Trainer::score_epoch() {
  outcome_.train = train_scores();
  if (!validation_loader_) return true;
  const std::optional<WeightAverage>& ema = experiment_.learner.ema;
  if (!time_to_score(*validation_loader_, ema ? 2 : 1)) return false;
  const Timed timed(spent_.validation);
  outcome_.validation = validate(false);
  if (outcome_.validation && ema) {
    const AveragedWeights averaged(*experiment_.learner.model, *ema);
    outcome_.ema = validate(true);
  }
  return outcome_.validation && (!ema || outcome_.ema);
}

// Validates and completes the epoch; false when stopped before.
bool Trainer::finish_epoch() {
  if (!saving_failures([&] { return score_epoch(); })) {
    save("step");
    return false;
  }
  const Progress at = progress();
  const double rate = saving_failures([&] {
    return experiment_.learner.learning_rate({at.epoch, at.epochs, at.steps - 1, at.steps, at.history});
  });
  if (in_swa_epochs()) {
    const auto averaged = static_cast<double>(experiment_.learner.swa->updates);
    experiment_.learner.swa->update(*experiment_.learner.model, averaged / (averaged + 1));
  }
  const recipe::Recipe& recipe = experiment_.recipe();
  const std::optional<double> value = saving_failures([&] { return metric(recipe.training.metric); });
  const bool best = value && is_best(*value);
  if (recipe.early_stopping)
    if (const auto watched = saving_failures([&] { return metric(watched_metric(recipe)); }))
      position_.watched.push_back(*watched);
  if (value) position_.history.push_back(*value);
  if (best) position_.best = position_.epoch + 1;
  tell(&results::Listener::epoch_done, results::EpochDone{.epoch = position_.epoch,
                                                          .epochs = at.epochs,
                                                          .learning_rate = rate,
                                                          .train = outcome_.train,
                                                          .validation = outcome_.validation,
                                                          .ema = outcome_.ema,
                                                          .best = best,
                                                          .seconds = seconds_since(epoch_pace_.began),
                                                          .images_per_second = epoch_pace_.images_per_second(),
                                                          .spent = spent_});
  position_.epoch += 1;
  position_.batch = 0;
  position_.loss_sum = 0;
  position_.correct = 0;
  position_.pictures = 0;
  save(results::epoch_name(position_.epoch));
  return true;
}

// Of the epoch that has just been scored; none where there is no validation part. That of rank 0 in all processes: other CPUs
// may round otherwise, and would stop in another epoch.
std::optional<double> Trainer::metric(const std::string& name) const {
  const std::optional<double> own = results::metric(name, outcome_.train, outcome_.validation, outcome_.ema);
  if (!own) return own;
  return experiment_.world().sum(std::array{experiment_.world().leads() ? *own : 0.0}).front();
}

bool Trainer::is_best(double value) const {
  if (!position_.best) return true;
  const double best = position_.history.at(static_cast<std::size_t>(*position_.best - 1));
  return recipe::smaller_is_better(experiment_.recipe().training.metric) ? value < best : value > best;
}

bool Trainer::stopped_early() const {
  const recipe::Recipe& recipe = experiment_.recipe();
  return recipe.early_stopping && out_of_patience(*recipe.early_stopping, watched_metric(recipe), position_.watched);
}

// An average over the last epochs of a shorter training, which was made longer, begins anew.
void Trainer::begin_swa() {
  const recipe::Recipe& recipe = experiment_.recipe();
  std::optional<WeightAverage>& swa = experiment_.learner.swa;
  if (!swa) return;
  const std::int64_t due = position_.epoch - (recipe.training.epochs - recipe.swa->epochs);
  if (swa->updates > std::max<std::int64_t>(due, 0)) swa->updates = 0;
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
  if (!time_to_score(train_loader_)) return false;
  const AveragedWeights averaged(*learner.model, *learner.swa);
  experiment_.curriculum.start(train_loader_, position_.epoch);
  const bool computed = compute_batch_statistics(learner, train_loader_, position_.epoch, batches(train_loader_), stop_);
  if (!may_go_on(!computed, true)) return false;
  if (experiment_.world().leads()) save_checkpoint(run_.checkpoints() / "swa", snapshot_of(experiment_, position_));
  if (!validation_loader_) return true;
  outcome_.swa = score(*validation_loader_);
  return outcome_.swa.has_value();
}

// The validation part with the weights that the model has now.
std::optional<results::Scores> Trainer::validate(bool ema) {
  const std::optional<results::Evaluation> evaluation = evaluate(*validation_loader_);
  if (!evaluation) return std::nullopt;
  tell(&results::Listener::validated, results::Validated{.evaluation = *evaluation, .ema = ema});
  return evaluation->scores;
}

std::optional<results::Scores> Trainer::score(data::Loader& loader) {
  const std::optional<results::Evaluation> evaluation = evaluate(loader);
  return evaluation ? std::optional(evaluation->scores) : std::nullopt;
}

std::optional<results::Evaluation> Trainer::evaluate(data::Loader& loader) {
  const Clock::time_point began = Clock::now();
  const results::EvaluationOptions options{.limit_batches = options_.limit_batches};
  const Learner& learner = experiment_.learner;
  const std::optional<results::Outputs> part =
      results::outputs_of(*learner.model, learner.recipe.model.callee, loader, options, stop_);
  tell_bad_pictures(loader);
  if (!may_go_on(!part, true)) return std::nullopt;
  const results::Outputs outputs = gathered_outputs(*part, learner);
  results::require_pictures(outputs);
  results::Evaluation evaluation = results::score(outputs);
  limit_.scoring_took(seconds_since(began), evaluation.scores.pictures);
  return evaluation;
}

bool Trainer::score_test() {
  if (experiment_.dataset.test.samples.empty()) return true;
  const bool ema = experiment_.recipe().training.metric.starts_with("ema.");
  Model& model = *experiment_.learner.model;
  if (experiment_.world().leads())
    load_weights(run_.checkpoint(position_.best ? "best" : "last") / (ema ? "ema.safetensors" : "model.safetensors"), model,
                 experiment_.dataset.classes);
  for (const auto& [name, tensor] : weights::state_of(model)) experiment_.world().take_first(tensor);
  data::Loader loader(experiment_.dataset.test, experiment_.preparation,
                      loader_options(experiment_, experiment_.dataset.test, options_.workers));
  if (!time_to_score(loader)) return false;
  outcome_.test = score(loader);
  return outcome_.test.has_value();
}

bool Trainer::time_to_score(const data::Loader& loader, int times) {
  return may_go_on(false, limit_.allows_scoring(times * batches(loader) * experiment_.batch_size()));
}

std::optional<double> Trainer::seconds_left() const {
  if (batches_done_ == 0) return std::nullopt;
  return seconds_since(run_pace_.began) / static_cast<double>(batches_done_) * static_cast<double>(batches_left_);
}

// By rank 0.
bool Trainer::saved_this_moment() {
  if (!experiment_.world().leads()) return false;
  save("step");
  saver_.finish();
  return true;
}

// Does a part of the training. Where it fails, what was trained so far is saved: but not what led to a loss that is not finite,
// since the checkpoint before that is the healthier one, and not the half of a step.
template <class Part>
std::invoke_result_t<const Part&> Trainer::saving_failures(const Part& part) {
  const auto told = [&](const Error& error, const std::string& from) {
    return Error(fmt::format("{}; aviary resume {} goes on from {}", error.what(), run_.path().string(), from), Fault::work,
                 error.detail());
  };
  try {
    return part();
  } catch (const distributed::PeerLost& error) {
    experiment_.world().stay_alone();
    const bool saved = error.sound && batches_done_ > 0 && saved_this_moment();
    saver_.finish();
    throw told(error, saved ? "this moment, which was saved" : "its last checkpoint");
  } catch (const Diverged& error) {
    experiment_.world().fail(error.what(), false);
    throw;
  } catch (const OptimizerFailed& error) {
    experiment_.world().fail(error.what(), false);
    saver_.finish();
    if (!std::filesystem::exists(run_.checkpoints() / "last")) throw;
    throw told(error, "the last checkpoint");
  } catch (const Error& error) {
    if (batches_done_ == 0) throw;
    experiment_.world().fail(error.what(), true);
    throw told(error, saved_this_moment() ? "this moment, which was saved" : "its last checkpoint");
  }
}

// Within the epoch, where `before` so many batches of it were done before the last step.
bool Trainer::save_is_due(std::int64_t before) const {
  if (position_.batch == batches(train_loader_)) return false;  // soon, with the epoch's end
  const recipe::SaveInterval every = recipe::save_interval(experiment_.recipe().checkpoint.every).value();
  const bool enough = every.batches > 0 && position_.batch / every.batches > before / every.batches;
  return enough || (every.time.count() > 0 && Clock::now() - saved_ >= every.time);
}

void Trainer::save(const std::string& name) {
  saver_.save(name, experiment_, position_);
  saved_ = Clock::now();
}

void Trainer::tell_batch() {
  const Progress at = progress();
  const results::Scores scores = train_scores();
  tell(&results::Listener::batch_done, results::BatchDone{.epoch = at.epoch,
                                                          .epochs = at.epochs,
                                                          .batch = position_.batch - 1,
                                                          .batches = batches(train_loader_),
                                                          .loss = scores.loss,
                                                          .top1 = scores.top1,
                                                          .learning_rate = rate_,
                                                          .images_per_second = epoch_pace_.images_per_second(),
                                                          .seconds_left = seconds_left().value_or(0)});
}

void Trainer::tell_bad_pictures(const data::Loader& loader) {
  for (const data::BadPicture& bad : loader.bad_pictures())
    if (position_.bad_pictures.insert(bad.name).second) tell(&results::Listener::notice, results::Notice{data::left_out(bad)});
}

}  // namespace aviary::training
