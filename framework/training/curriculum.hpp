// What each epoch of a training sees: which augmentations, and how much of the data. Owns the augmentations of the recipe's
// phases. Epochs after the end of the training go on as its last phase.
#pragma once

#include <cstdint>
#include <vector>

#include "data/loader.hpp"
#include "data/pipeline.hpp"
#include "data/sampling.hpp"
#include "recipe/recipe.hpp"

namespace aviary::training {

class Curriculum {
 public:
  /// Throws Error when a plugin fails.
  explicit Curriculum(const recipe::Recipe& recipe);

  /// Null where the epoch's pictures stay as they are.
  const data::Pipeline* augmentation(std::int64_t epoch) const;
  data::Sampling sampling(std::int64_t epoch) const;
  /// The first epoch whose pictures are augmented; 0 where none are.
  std::int64_t first_augmented() const;

  /// Begins an epoch of the training part. The curriculum must outlive it.
  void start(data::Loader& loader, std::int64_t epoch, std::int64_t first_batch = 0) const;

 private:
  bool balanced_;
  std::vector<recipe::Phase> phases_;
  std::vector<data::Pipeline> pipelines_;  // of each phase
};

}  // namespace aviary::training
