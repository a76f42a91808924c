// The processes that train one model together, and what they do as one, by LibTorch's c10d: with Gloo, and for what lies on
// GPUs with NCCL where LibTorch has it. A process that is alone
// is a world of one, where all of this is nothing: whoever uses it need not ask. All processes call the same functions in the
// same order; where one of them is gone, the others get PeerLost. Used from the thread that trains.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "distributed/launch.hpp"
#include "distributed/watch.hpp"

namespace aviary::distributed {

/// Cheap to copy: copies are the same world.
class World {
 public:
  /// Of one.
  World() = default;

  /// Meets the others that were launched with this one: waits for all of them, up to five minutes. Throws Error (Fault::usage)
  /// where they do not come together.
  static World join(const Launch& launch);

  int rank() const;
  int size() const;
  /// Rank 0, which also writes and shows.
  bool leads() const { return rank() == 0; }
  /// How many of them are on this machine.
  int on_this_machine() const;
  /// How many of those are of a lower rank.
  int place_on_this_machine() const;
  /// "rank 1 (host)"
  const std::string& name(int rank) const;

  /// A sum that is under way while the process does something else.
  struct Pending {
    std::shared_ptr<void> work = {};
  };
  /// `numbers` (float32, float64, int64 or uint8, in one block of memory, of the same size everywhere) becomes the sum over all
  /// processes, the same bits in each.
  void sum(const at::Tensor& numbers) const { finish(begin_sum(numbers)); }
  Pending begin_sum(const at::Tensor& numbers) const;
  void finish(const Pending& sum) const;

  /// The sums over all processes.
  template <std::size_t N>
  std::array<double, N> sum(std::array<double, N> here) const;
  /// Of each, whether it is so in any process.
  template <std::size_t N>
  std::array<bool, N> any(std::array<bool, N> here) const;

  /// `numbers` becomes that of rank 0.
  void take_first(const at::Tensor& numbers) const;
  /// The text of rank 0.
  std::string first(const std::string& text) const;

  /// The rows of all processes, one after the other; `rows` of this one, whose number may differ.
  at::Tensor gathered(const at::Tensor& rows) const;
  /// The texts of all, by rank.
  std::vector<std::string> gathered(const std::string& text) const;

  /// Throws PeerLost where another process is known to be gone.
  void check() const;

  /// What a process that is left alone, and too busy to notice, says before it is ended: how to go on.
  void advise(const std::string& advice) const;
  /// The sentence with that advice.
  std::string with_advice(const std::string& sentence) const;

  /// This process knows that another one is gone. Rank 0, which saves, has all the time that it needs for it from now on;
  /// others are still ended where they hang.
  void stay_alone() const;
  /// Tells the others that this process ends, and why, and stays alone; `sound` as in PeerLost.
  void fail(const std::string& why, bool sound) const;
  /// Ends together: when all have come here.
  void leave() const;

 private:
  struct Group;
  void sum(std::span<double> numbers) const;

  std::shared_ptr<Group> group_;
};

template <std::size_t N>
std::array<double, N> World::sum(std::array<double, N> here) const {
  if (group_) sum(std::span<double>(here));
  return here;
}

template <std::size_t N>
std::array<bool, N> World::any(std::array<bool, N> here) const {
  std::array<double, N> count;
  std::ranges::copy(here, count.begin());
  count = sum(count);
  std::ranges::transform(count, here.begin(), [](double processes) { return processes > 0; });
  return here;
}

}  // namespace aviary::distributed
