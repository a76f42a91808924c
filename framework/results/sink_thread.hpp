// An event sink and the thread that it works on. Whoever gives it events waits for nothing: what a sink throws, and what finds
// the queue full, is lost and counted. A sink may hang for ever: then its thread is left behind at the end, with all that it
// uses. Called from one thread, that of the training.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <aviary/event_sink.hpp>

#include "plugins/border.hpp"

namespace aviary::results {

class SinkThread {
 public:
  /// Events that may wait. They come once an epoch, but for notices.
  static constexpr std::size_t capacity = 1000;

  SinkThread(std::unique_ptr<EventSink> sink, const plugins::Callee& callee);
  SinkThread(SinkThread&&) = default;
  /// Waits for nothing.
  ~SinkThread();

  void give(std::string event);
  /// The last one, which finds a place in a full queue too.
  void give_last(std::string event);

  /// The sentence for the first event that the sink threw for, once.
  std::optional<std::string> failure();

  /// Waits until the sink has taken all and is gone, but not beyond `deadline`. Precondition: give_last() was called.
  void wait(std::chrono::steady_clock::time_point deadline);

  /// A sentence on what was lost; nothing where nothing was. Precondition: wait() was called.
  std::optional<std::string> loss();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace aviary::results
