#include "results/event_json.hpp"

#include "results/utc_time.hpp"

namespace aviary::results {

using nlohmann::ordered_json;

namespace {

const char* reason_text(RunEnded::Reason reason) {
  switch (reason) {
    case RunEnded::Reason::finished: return "finished";
    case RunEnded::Reason::interrupted: return "interrupted";
    case RunEnded::Reason::out_of_time: return "out_of_time";
  }
  return "";
}

}  // namespace

ordered_json to_json(const Scores& scores) {
  return {{"loss", scores.loss}, {"top1", scores.top1}, {"pictures", scores.pictures}};
}

ordered_json to_json(const RunStarted& event) {
  return {{"event", "started"},
          {"recipe", event.recipe},
          {"epoch", event.epoch},
          {"epochs", event.epochs},
          {"parameters", event.parameters},
          {"train_pictures", event.train_pictures},
          {"validation_pictures", event.validation_pictures},
          {"classes", event.classes},
          {"threads", event.threads},
          {"workers", event.workers}};
}

ordered_json to_json(const EpochDone& event) {
  ordered_json json = {{"event", "epoch"},
                       {"epoch", event.epoch},
                       {"epochs", event.epochs},
                       {"learning_rate", event.learning_rate},
                       {"train", to_json(event.train)}};
  if (event.validation) json["validation"] = to_json(*event.validation);
  if (event.ema) json["ema"] = to_json(*event.ema);
  json["best"] = event.best;
  json["seconds"] = event.seconds;
  json["images_per_second"] = event.images_per_second;
  json["data_seconds"] = event.spent.data;
  json["forward_seconds"] = event.spent.forward;
  json["backward_seconds"] = event.spent.backward;
  json["optimizer_seconds"] = event.spent.optimizer;
  if (event.validation) json["validation_seconds"] = event.spent.validation;
  return json;
}

ordered_json to_json(const Notice& event) { return {{"event", "notice"}, {"text", event.text}}; }

ordered_json to_json(const RunEnded& event) {
  ordered_json json = {
      {"event", "ended"}, {"reason", reason_text(event.reason)}, {"epoch", event.epoch}, {"seconds", event.seconds}};
  if (event.test) json["test"] = to_json(*event.test);
  if (event.swa) json["swa"] = to_json(*event.swa);
  return json;
}

std::string event_line(const ordered_json& event, std::chrono::system_clock::time_point time) {
  ordered_json line = {{"event", event.at("event")}, {"time", utc_time(time)}};
  line.update(event);
  // Notices quote file names, which may be in any encoding.
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace aviary::results
