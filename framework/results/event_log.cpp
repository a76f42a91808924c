#include "results/event_log.hpp"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/event_json.hpp"

namespace aviary::results {

namespace {

std::string metrics_row(const EpochDone& event) {
  const auto cell = [](const std::optional<Scores>& scores, double Scores::*score) {
    return scores ? fmt::format("{}", *scores.*score) : "";
  };
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", event.epoch, event.learning_rate, event.train.loss, event.train.top1,
                     cell(event.validation, &Scores::loss), cell(event.validation, &Scores::top1),
                     cell(event.ema, &Scores::loss), cell(event.ema, &Scores::top1), event.seconds, event.images_per_second);
}

}  // namespace

EventLog::EventLog(const RunFolder& run, const LogLengths& lengths, Clock now)
    : now_(std::move(now)),
      events_(run, run.events_file(), lengths.events),
      metrics_(run, run.metrics_file(), lengths.metrics) {
  if (lengths.metrics == 0) {
    metrics_.append(
        "epoch,learning_rate,train_loss,train_top1,validation_loss,validation_top1,ema_loss,ema_top1,seconds,"
        "images_per_second\n");
  }
}

void EventLog::sync() const {
  events_.sync();
  metrics_.sync();
}

void EventLog::append(const nlohmann::ordered_json& event) { events_.append(event_line(event, now_()) + '\n'); }

void EventLog::started(const RunStarted& event) {
  if (events_.length() == 0) append(to_json(event));
}

void EventLog::epoch_done(const EpochDone& event) {
  append(to_json(event));
  metrics_.append(metrics_row(event));
}

void EventLog::notice(const Notice& event) { append(to_json(event)); }

void EventLog::ended(const RunEnded& event) {
  append(to_json(event));
  events_.sync();
}

}  // namespace aviary::results
