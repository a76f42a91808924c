// What a training takes its batches from: the loader's, on the compute device. On a GPU the batches of one step are on their
// way there, on a stream of their own, while the step before is computed. Used from the thread that trains.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/loader.hpp"

namespace aviary::training {

class BatchFeed {
 public:
  /// `loader` must outlive it.
  BatchFeed(data::Loader& loader, data::EmptyBatches empty);
  BatchFeed(const BatchFeed&) = delete;
  BatchFeed& operator=(const BatchFeed&) = delete;
  ~BatchFeed();

  /// Forgets what it took from the loader ahead of time: to be called when that was started anew.
  void restart();

  /// The next `count` batches, as data::next_batches() gives them. `then`: how many will be asked for next.
  std::vector<data::Batch> next(std::int64_t count, std::int64_t then);

 private:
  struct Ahead;

  data::Loader& loader_;
  data::EmptyBatches empty_;
  std::unique_ptr<Ahead> ahead_;  // null where the device is the CPU
};

}  // namespace aviary::training
