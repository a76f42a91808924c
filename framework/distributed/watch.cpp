#include "distributed/watch.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aviary::distributed {
namespace {

using WatchClock = std::chrono::steady_clock;

constexpr const char* lost_key = "lost";

std::string beat_key(std::size_t rank) { return fmt::format("beat/{}", rank); }

}  // namespace

// Shared with the threads: the one that talks to the store may outlive the watch.
struct Watch::State {
  struct Loss {
    std::string sentence;
    bool sound;
    WatchClock::time_point when;
  };

  State(std::unique_ptr<Signs> from, WatchOptions with) : signs(std::move(from)), options(std::move(with)) {
    heard.assign(options.names.size(), {0, WatchClock::now()});
  }

  const std::string& name(std::size_t rank) const { return options.names[rank]; }
  bool leads() const { return options.rank == 0; }

  void lose(std::string sentence, bool sound) {
    const std::lock_guard lock(mutex);
    if (!loss && !leaving) loss = Loss{std::move(sentence), sound, WatchClock::now()};
  }

  std::string silent(std::size_t rank) const {
    return fmt::format("{} has not been heard of for {} s; it was killed, or the network to it is cut", name(rank),
                       std::chrono::duration_cast<std::chrono::seconds>(options.silence).count());
  }

  // Another process's words, if it or rank 0 found someone missing.
  bool hear() {
    const std::optional<std::string> text = signs->find(lost_key);
    if (!text) return false;
    const auto said = nlohmann::json::parse(*text, nullptr, false);
    if (said.is_object()) lose(said.value("sentence", ""), said.value("sound", false));
    signs->count("heard", 1);
    return true;
  }

  void tell(const std::string& sentence, bool sound) {
    signs->put(lost_key, nlohmann::json{{"sentence", sentence}, {"sound", sound}}.dump(
                             -1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  // Rank 0 looks after all others, and they after rank 0: each has a way to it, or the training cannot go on anyway.
  bool miss() {
    for (std::size_t other = leads() ? 1 : 0; other < (leads() ? options.names.size() : 1); ++other) {
      auto& [beats, when] = heard[other];
      const long now = signs->count(beat_key(other), 0);
      if (now != beats) {
        beats = now;
        when = WatchClock::now();
      } else if (WatchClock::now() - when > options.silence) {
        lose(silent(other), true);
        tell(silent(other), true);
        return true;
      }
    }
    return false;
  }

  void beat() {
    try {
      while (!leaving) {
        signs->count(beat_key(static_cast<std::size_t>(options.rank)), 1);
        if (hear() || miss()) return;
        looks = 0;
        std::this_thread::sleep_for(options.beat);
      }
    } catch (const std::exception&) {
      lose(fmt::format("{} cannot be reached any more; it was killed, or the network to it is cut", name(0)), true);
    }
  }

  // Counts its own looks, so that a process that was suspended does not miss the others for it.
  void look_at_clock() {
    const auto often = options.beat / 4;
    while (!leaving) {
      std::this_thread::sleep_for(often);
      if (++looks * often > options.silence + 2 * options.beat) lose(silent(0), true);
      std::optional<Loss> known;
      {
        const std::lock_guard lock(mutex);
        known = loss;
      }
      if (!known || WatchClock::now() - known->when < options.grace) continue;
      if (!leaving) options.end(known->sentence);
      return;
    }
  }

  std::unique_ptr<Signs> signs;
  const WatchOptions options;
  std::vector<std::pair<long, WatchClock::time_point>> heard;  // of each process: its last sign, and when that was new
  std::atomic<int> looks = 0;                                  // since the store answered last
  std::atomic<bool> leaving = false;
  std::mutex mutex;
  std::optional<Loss> loss;
};

Watch::Watch(std::unique_ptr<Signs> signs, WatchOptions options)
    : state_(std::make_shared<State>(std::move(signs), std::move(options))) {
  std::thread([state = state_] { state->beat(); }).detach();
  std::thread([state = state_] { state->look_at_clock(); }).detach();
}

Watch::~Watch() { leave(); }

void Watch::check() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->loss) throw PeerLost(state_->loss->sentence, state_->loss->sound);
}

void Watch::wait_for_loss() const {
  const WatchClock::time_point until = WatchClock::now() + state_->options.silence + 4 * state_->options.beat;
  while (WatchClock::now() < until) {
    check();
    std::this_thread::sleep_for(state_->options.beat / 10);
  }
}

void Watch::fail(const std::string& why, bool sound) {
  State& state = *state_;
  try {
    if (!state.signs->find(lost_key))
      state.tell(fmt::format("{} failed: {}", state.name(static_cast<std::size_t>(state.options.rank)), why), sound);
    if (!state.leads()) return;
    // Where rank 0 holds the store, it goes with this process.
    const WatchClock::time_point until = WatchClock::now() + 4 * state.options.beat;
    while (state.signs->count("heard", 0) < static_cast<long>(state.options.names.size()) && WatchClock::now() < until)
      std::this_thread::sleep_for(state.options.beat / 10);
  } catch (const std::exception&) {  // the others will miss this process
    return;
  }
}

void Watch::leave() { state_->leaving = true; }

}  // namespace aviary::distributed
