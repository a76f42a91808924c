#include "results/sink_thread.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

namespace {

using aviary::EventSink;
using aviary::results::SinkThread;

std::chrono::steady_clock::time_point in_a_minute() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

struct Taken {
  std::vector<std::string> events;
  std::thread::id thread;
  std::thread::id destroyed_on;
};

struct Recording final : EventSink {
  explicit Recording(Taken& to) : taken(to) {}
  ~Recording() override { taken.destroyed_on = std::this_thread::get_id(); }
  void write(const std::string& event) override {
    taken.events.push_back(event);
    taken.thread = std::this_thread::get_id();
  }
  Taken& taken;
};

struct Throwing final : EventSink {
  void write(const std::string& event) override {
    if (event == "error") throw aviary::Error("no such channel");
    if (event == "foreign") throw std::out_of_range("index 7");
  }
};

// Hangs for ever, once it has begun.
struct Hanging final : EventSink {
  explicit Hanging(std::promise<void>& to) : begun(to) {}
  void write(const std::string&) override {
    begun.set_value();
    while (true) ::pause();
  }
  std::promise<void>& begun;
};

// Writes to a pipe that nobody reads.
struct Broken final : EventSink {
  void write(const std::string& event) override {
    int ends[2];
    if (::pipe(ends) != 0) throw aviary::Error("no pipe");
    ::close(ends[0]);
    if (::write(ends[1], event.data(), event.size()) < 0) throw aviary::Error(std::generic_category().message(errno));
  }
};

SinkThread thread_of(std::unique_ptr<EventSink> sink) { return {std::move(sink), {"sink nest", "nest.so"}}; }

TEST(SinkThread, TakesAllInOrderOnAThreadOfItsOwn) {
  Taken taken;
  SinkThread thread = thread_of(std::make_unique<Recording>(taken));
  std::vector<std::string> given;
  for (int i = 0; i < 100; ++i) thread.give(given.emplace_back(std::to_string(i)));
  thread.give_last(given.emplace_back("last"));
  thread.wait(in_a_minute());
  EXPECT_EQ(taken.events, given);
  EXPECT_NE(taken.thread, std::this_thread::get_id());
  EXPECT_EQ(taken.destroyed_on, taken.thread);
  EXPECT_EQ(thread.failure(), std::nullopt);
  EXPECT_EQ(thread.loss(), std::nullopt);
}

TEST(SinkThread, TellsOnceWhatASinkThrowsAndGoesOn) {
  SinkThread thread = thread_of(std::make_unique<Throwing>());
  for (const char* const event : {"fine", "error", "foreign", "error", "fine"}) thread.give(event);
  thread.give_last("fine");
  thread.wait(in_a_minute());
  EXPECT_EQ(thread.failure(), "sink nest (nest.so): no such channel");
  EXPECT_EQ(thread.failure(), std::nullopt);
  EXPECT_EQ(thread.loss(), "sink nest took 3 of 6 events: 3 failed");
}

TEST(SinkThread, NeverWaitsForASinkThatHangs) {
  // Static: the thread outlives this test.
  static auto& begun = *new std::promise<void>;
  SinkThread thread = thread_of(std::make_unique<Hanging>(begun));
  thread.give("first");
  begun.get_future().wait();
  for (std::size_t i = 0; i < SinkThread::capacity + 5; ++i) thread.give("more");
  thread.give_last("last");
  thread.wait(std::chrono::steady_clock::now());
  EXPECT_EQ(thread.loss(), "sink nest took 0 of 1007 events: 5 came while too many were waiting, 1002 were not taken in time");
}

TEST(SinkThread, ABrokenConnectionDoesNotEndTheProgram) {
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  SinkThread thread = thread_of(std::make_unique<Broken>());
  thread.give_last("hello");
  thread.wait(in_a_minute());
  EXPECT_EQ(thread.failure(), "sink nest (nest.so): Broken pipe");
}

}  // namespace
