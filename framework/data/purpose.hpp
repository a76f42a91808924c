// What a random draw is for: the first part of every key given to aviary::Rng. The numbers are part of what a seed means, so
// they never change and are never used again for something else.
#pragma once

#include <cstdint>

namespace aviary::data {

struct Purpose {
  enum : std::uint64_t {
    order = 1,             ///< of the pictures; key: pass over them
    augmentation = 2,      ///< key: epoch, sample, and how often the epoch had it before
    split = 3,             ///< key: hash of the sample's name
    initialisation = 4,    ///< of the weights
    forward = 5,           ///< what LibTorch draws itself; key: epoch, batch
    partner = 6,           ///< the other picture of a mixture; key: epoch, sample
    order_in_class = 7,    ///< of its pictures, in balanced sampling; key: class, pass
    order_of_classes = 8,  ///< in balanced sampling; key: round
    fraction = 9,          ///< the share that is trained with; key: hash of the sample's name
  };
};

}  // namespace aviary::data
