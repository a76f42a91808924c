// Writes every event to guest_sink.jsonl.
#include <aviary/event_sink.hpp>

#include <fstream>
#include <string>

namespace {

struct GuestSink final : aviary::EventSink {
  explicit GuestSink(aviary::NoParams) {}
  void write(const std::string& event) override { std::ofstream("guest_sink.jsonl", std::ios::app) << event << '\n'; }
};

}  // namespace

AVIARY_EVENT_SINK("guest_sink", GuestSink, aviary::NoParams, "Writes events to a file")
