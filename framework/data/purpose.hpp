// What a random draw is for: the first part of every key given to aviary::Rng. The numbers are part of what a seed means, so
// they never change and are never used again for something else.
#pragma once

#include <cstdint>

namespace aviary::data {

struct Purpose {
  enum : std::uint64_t {
    order = 1,           ///< of the pictures; key: epoch
    augmentation = 2,    ///< key: epoch, sample
    split = 3,           ///< key: hash of the sample's name
    initialisation = 4,  ///< of the weights
    forward = 5,         ///< what LibTorch draws itself; key: epoch, batch
    partner = 6,         ///< the other picture of a mixture; key: epoch, sample
  };
};

}  // namespace aviary::data
