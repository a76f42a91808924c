// The augmentations of a recipe, one after the other. Draws what each will do and carries it out; neighbouring tables are
// folded into one table and neighbouring warps into one warp, so that pixels are looked up and interpolated once. The training
// loader alone uses it, from many threads at once.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <aviary/augmentation.hpp>
#include <aviary/image.hpp>
#include <aviary/rng.hpp>

namespace aviary::data {

struct Augmented {
  Image image;
  std::optional<Mix> mix;  ///< to be done with another picture of the batch
};

class Pipeline {
 public:
  /// Without `fold` every action is carried out by itself; the same numbers are drawn.
  Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, bool fold);

  /// The changed picture, whose size may be another.
  /// Precondition: nobody else uses the picture's pixels; they may be overwritten.
  Augmented apply(Image image, Rng& rng) const;

 private:
  std::vector<std::unique_ptr<Augmentation>> augmentations_;
  bool fold_;
};

}  // namespace aviary::data
