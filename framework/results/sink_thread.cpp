#include "results/sink_thread.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

namespace aviary::results {

struct SinkThread::Shared {
  plugins::Callee callee;
  std::unique_ptr<EventSink> sink;  // of the thread, once that has begun

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> queue;
  bool closed = false;  // no more events come
  bool gone = false;    // the sink was destroyed
  std::optional<std::string> failure;
  std::size_t given = 0;
  std::size_t taken = 0;
  std::size_t failed = 0;
  std::size_t dropped = 0;
};

SinkThread::SinkThread(std::unique_ptr<EventSink> sink, const plugins::Callee& callee) : shared_(std::make_shared<Shared>()) {
  shared_->callee = callee;
  shared_->sink = std::move(sink);
  std::thread([shared = shared_] { work(shared); }).detach();
}

SinkThread::~SinkThread() {
  if (shared_ == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->closed = true;
  shared_->changed.notify_all();
}

void SinkThread::work(const std::shared_ptr<Shared>& shared) {
  // A connection that the other side has closed must not end the program, which SIGPIPE would.
  sigset_t signals;
  sigfillset(&signals);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(lock, [&] { return shared->closed || !shared->queue.empty(); });
    if (shared->queue.empty()) break;
    const std::string event = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    std::optional<std::string> failure;
    try {
      plugins::guarded(shared->callee, [&] { shared->sink->write(event); });
    } catch (const Error& error) {
      failure = error.what();
    }
    lock.lock();
    ++(failure ? shared->failed : shared->taken);
    if (failure && shared->failed == 1) shared->failure = std::move(failure);
  }
  lock.unlock();
  shared->sink.reset();
  lock.lock();
  shared->gone = true;
  shared->changed.notify_all();
}

void SinkThread::give(std::string event) {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->given;
  if (shared_->queue.size() < capacity)
    shared_->queue.push_back(std::move(event));
  else
    ++shared_->dropped;
  shared_->changed.notify_all();
}

void SinkThread::give_last(std::string event) {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->given;
  shared_->queue.push_back(std::move(event));
  shared_->closed = true;
  shared_->changed.notify_all();
}

std::optional<std::string> SinkThread::failure() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->failure, std::nullopt);
}

void SinkThread::wait(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_until(lock, deadline, [&] { return shared_->gone; });
}

std::optional<std::string> SinkThread::loss() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->taken == shared_->given) return std::nullopt;
  std::vector<std::string> reasons;
  const auto add = [&](std::size_t count, const char* reason) {
    if (count > 0) reasons.push_back(fmt::format("{} {}", count, reason));
  };
  add(shared_->failed, "failed");
  add(shared_->dropped, "came while too many were waiting");
  add(shared_->given - shared_->taken - shared_->failed - shared_->dropped, "were not taken in time");
  return fmt::format("{} took {} of {} events: {}", shared_->callee.name, shared_->taken, shared_->given,
                     fmt::join(reasons, ", "));
}

}  // namespace aviary::results
