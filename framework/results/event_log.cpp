#include "results/event_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "results/utc_time.hpp"
#include "weights/whole_file.hpp"

namespace aviary::results {

namespace {

using nlohmann::ordered_json;

ordered_json scores_json(const Scores& scores) {
  return {{"loss", scores.loss}, {"top1", scores.top1}, {"pictures", scores.pictures}};
}

const char* reason_text(RunEnded::Reason reason) {
  switch (reason) {
    case RunEnded::Reason::finished: return "finished";
    case RunEnded::Reason::interrupted: return "interrupted";
    case RunEnded::Reason::out_of_time: return "out_of_time";
  }
  return "";
}

std::string metrics_row(const EpochDone& event) {
  const auto cell = [](const std::optional<Scores>& scores, double Scores::*score) {
    return scores ? fmt::format("{}", *scores.*score) : "";
  };
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", event.epoch, event.learning_rate, event.train.loss, event.train.top1,
                     cell(event.validation, &Scores::loss), cell(event.validation, &Scores::top1),
                     cell(event.ema, &Scores::loss), cell(event.ema, &Scores::top1), event.seconds, event.images_per_second);
}

}  // namespace

EventLog::Lines::Lines(std::filesystem::path path, std::uint64_t length)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)), length_(length) {
  struct stat about {};
  if (!file_.open() || ::fstat(file_.number(), &about) != 0) fail(errno);
  if (static_cast<std::uint64_t>(about.st_size) < length) {
    throw Error(
        fmt::format("{} has {} bytes, but had {} when the checkpoint was written; restore it, or start from the checkpoint "
                    "with aviary fork",
                    path_.string(), about.st_size, length));
  }
  if (::ftruncate(file_.number(), static_cast<off_t>(length)) != 0) fail(errno);
  weights::sync_folder(path_.parent_path());
}

void EventLog::Lines::append(std::string_view line) {
  ssize_t written = 0;
  do {
    written = ::write(file_.number(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(line.size())) {
    // A disk that fills up within the line takes a part of it and gives no error yet.
    const int error = written < 0 ? errno : ENOSPC;
    if (::ftruncate(file_.number(), static_cast<off_t>(length_)) != 0) fail(errno);
    fail(error);
  }
  length_ += line.size();
}

void EventLog::Lines::sync() const {
  if (::fsync(file_.number()) != 0) fail(errno);
}

void EventLog::Lines::fail(int error) const {
  throw Error(
      fmt::format("cannot write {}: {}; once that is mended, the run goes on from its last checkpoint with: aviary "
                  "resume {}",
                  path_.string(), std::generic_category().message(error), path_.parent_path().string()));
}

EventLog::EventLog(const RunFolder& run, const LogLengths& lengths, Clock now)
    : now_(std::move(now)), events_(run.events_file(), lengths.events), metrics_(run.metrics_file(), lengths.metrics) {
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

void EventLog::write_event(const char* name, const ordered_json& facts) {
  ordered_json line = {{"event", name}, {"time", utc_time(now_())}};
  line.update(facts);
  // Notices quote file names, which may be in any encoding.
  events_.append(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

void EventLog::started(const RunStarted& event) {
  if (events_.length() > 0) return;
  write_event("started", {{"recipe", event.recipe},
                          {"epoch", event.epoch},
                          {"epochs", event.epochs},
                          {"parameters", event.parameters},
                          {"train_pictures", event.train_pictures},
                          {"validation_pictures", event.validation_pictures},
                          {"classes", event.classes},
                          {"threads", event.threads},
                          {"workers", event.workers}});
}

void EventLog::epoch_done(const EpochDone& event) {
  ordered_json facts = {{"epoch", event.epoch},
                        {"epochs", event.epochs},
                        {"learning_rate", event.learning_rate},
                        {"train", scores_json(event.train)}};
  if (event.validation) facts["validation"] = scores_json(*event.validation);
  if (event.ema) facts["ema"] = scores_json(*event.ema);
  facts["best"] = event.best;
  facts["seconds"] = event.seconds;
  facts["images_per_second"] = event.images_per_second;
  write_event("epoch", facts);
  metrics_.append(metrics_row(event));
}

void EventLog::notice(const Notice& event) { write_event("notice", {{"text", event.text}}); }

void EventLog::ended(const RunEnded& event) {
  ordered_json facts = {{"reason", reason_text(event.reason)}, {"epoch", event.epoch}, {"seconds", event.seconds}};
  if (event.test) facts["test"] = scores_json(*event.test);
  if (event.swa) facts["swa"] = scores_json(*event.swa);
  write_event("ended", facts);
  events_.sync();
}

}  // namespace aviary::results
