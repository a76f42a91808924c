// Layers as the tree of modules that their names tell, for people: a chain of modules that hold one thing each is one line, and
// so is a run of equal neighbours in a list of blocks (`0`, `1`, ...). Called by summary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/layers.hpp"

namespace aviary::network {

struct Branch {
  std::string name;                  ///< below its parent: "stem", "0.conv", and "1..3" for a run of equal ones
  std::string type;                  ///< of a layer: "conv 3x3/2"; empty for a module
  std::vector<std::int64_t> output;  ///< of its last layer
  std::int64_t parameters = 0;       ///< of one, where it is repeated, as all figures
  std::int64_t multiply_adds = 0;
  std::int64_t repeats = 1;
  std::vector<Branch> children;
};

/// The model itself, without a name. Layers that cost nothing and keep the number of values (activations, sums) are left out.
Branch tree_of(const Layers& layers);

}  // namespace aviary::network
