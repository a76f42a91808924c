// Takes the events of a training to where they are looked at: a web service, an experiment tracker, a chat. A recipe names its
// sinks in [log] plugins. See plugins/sinks/webhook for a whole one.
//
// A sink never slows or stops a training. Each has a thread of its own, and a queue of events waits for it; those that no
// longer fit are dropped, and at the end of the training the program waits a few seconds for what is left. What a sink throws
// is told in its name, the event counts as lost, and the next one comes all the same.
//
// An event is a JSON object in one line. These keys are always there; more may come with later versions, none will change:
//
//   event   "started", "epoch", "notice" or "ended"
//   time    "2026-11-24T22:54:01.007Z"
//   run     the run folder, as an absolute path: what tells the events of several trainings apart
//
//   started  recipe (its name), recipe_toml (all of it, as resolved), epoch (the first to be trained: above 0 when a run goes
//            on, and what was told of that epoch and later ones is void), epochs, parameters, train_pictures,
//            validation_pictures, classes, threads, workers
//   epoch    epoch (from 0), epochs, learning_rate, train, validation, ema (each loss, top1, pictures; the last two where there
//            are any), best (true or false), seconds, images_per_second, and what the seconds went into: data_seconds,
//            forward_seconds, backward_seconds, optimizer_seconds, validation_seconds
//   notice   text
//   ended    reason ("finished", "interrupted", "out_of_time" or "failed"), epoch (how many are complete), seconds, test and
//            swa (scores, where there are any); of one that failed, text (why) in place of all but the reason
#pragma once

#include <string>

#include <aviary/api.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

struct EventSinkContext {};

/// Its constructor runs before the training, on the thread that will train: check the settings there, and connect later. All
/// else, the destructor too, runs on the sink's own thread.
class AVIARY_API EventSink {
 public:
  using Context = EventSinkContext;
  static constexpr Kind kind = Kind::sink;

  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink();

  /// One event, in the order in which they happened. May take its time, but wait for nothing without a limit.
  virtual void write(const std::string& event) = 0;
};

}  // namespace aviary

#define AVIARY_EVENT_SINK(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::EventSink, "sink", name, Class, Params, summary)
