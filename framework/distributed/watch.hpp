// Watches whether the processes that train together are still there. Each gives a sign of life every second, through a store
// that all of them reach. Two threads: one talks to the store, which may hang when the network is cut, and one only looks at
// the clock.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <aviary/error.hpp>

namespace aviary::distributed {

/// Another process is gone or has failed: whoever waits for it waits in vain.
struct PeerLost final : Error {
  PeerLost(const std::string& message, bool state_is_sound) : Error(message), sound(state_is_sound) {}

  bool sound;  ///< whether what was trained so far is worth to be saved: not where it led to a loss that is not finite
};

/// What the watch needs of a store, from two threads. Calls throw where the store is gone, and may hang.
class Signs {
 public:
  virtual ~Signs() = default;
  /// Counts up the sign of a process, and returns it; by 0 it only looks.
  virtual long count(const std::string& name, long up) = 0;
  virtual void put(const std::string& name, const std::string& text) = 0;
  virtual std::optional<std::string> find(const std::string& name) = 0;
};

struct WatchOptions {
  int rank = 0;
  std::vector<std::string> names;                                ///< of all processes: "rank 1 (host)"
  std::chrono::milliseconds beat = std::chrono::seconds(1);      ///< between two signs of life
  std::chrono::milliseconds silence = std::chrono::seconds(15);  ///< after which a process counts as lost
  std::chrono::milliseconds grace = std::chrono::seconds(8);     ///< that this process then has to end by itself
  std::function<void(const std::string& why)> end;               ///< called where it does not
};

class Watch {
 public:
  Watch(std::unique_ptr<Signs> signs, WatchOptions options);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  /// Leaves a thread that hangs to itself.
  ~Watch();

  /// Throws PeerLost once a process is lost.
  void check() const;
  /// Waits until that is known; throws nothing when nobody was missed for longer than silence.
  void wait_for_loss() const;
  /// Tells all others that this process has failed, and waits a moment so that they hear it.
  void fail(const std::string& why, bool sound);
  /// From now on nobody is missed.
  void leave();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace aviary::distributed
