// Which pictures an epoch sees, and in which order. Called by the loader when an epoch begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/dataset.hpp"

namespace aviary::data {

struct Sampling {
  bool balanced = false;      ///< every class equally often, whatever its number of pictures
  double epoch_fraction = 1;  ///< of the pictures: what an epoch sees; the next one goes on with the others
};

/// A picture's place in an epoch.
struct Drawn {
  std::size_t sample;        ///< index into the split
  std::uint64_t repeat = 0;  ///< how often the epoch had it before
};

/// How many pictures an epoch sees, of so many: at least 1.
std::int64_t epoch_pictures(std::size_t count, const Sampling& sampling);

/// How many batches of so many pictures these are; the last one may be smaller.
std::int64_t epoch_batches(std::size_t count, const Sampling& sampling, std::int64_t batch_size);

/// The pictures of an epoch, a function of the arguments alone.
std::vector<Drawn> draw_epoch(const std::vector<Sample>& samples, const Sampling& sampling, std::uint64_t seed,
                              std::int64_t epoch);

}  // namespace aviary::data
