// The pictures of a split, decoded and resized, as they are before any augmentation. The loader's workers take them from here,
// many at once, and so does prediction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <aviary/image.hpp>

#include "data/dataset.hpp"
#include "data/picture_cache.hpp"
#include "data/preparation.hpp"

namespace aviary::data {

enum class Cache { none, memory, disk };

/// What the recipe says; by default memory, where the training and validation pictures fit into half of what is free, for each
/// of the processes that train together on this machine. Pictures of IDX are in memory as they are.
Cache chosen_cache(const recipe::Data& settings, const Dataset& dataset, int processes = 1);

class Pictures {
 public:
  /// With a height and width of `side`. `split` must outlive it. Without a decoder the CPU decodes. Errors when there is no
  /// room for the cache.
  Pictures(const Split& split, Preparation preparation, std::int64_t side, Cache cache,
           std::shared_ptr<const JpegDecoder> decoder = nullptr);

  /// A picture that shares its pixels with nobody; the same whether there is a cache or not. Throws aviary::Error with the
  /// reason when it cannot be decoded, each time anew.
  Image load(std::size_t sample) const;

  const Split& split() const { return split_; }
  const Preparation& preparation() const { return preparation_; }

 private:
  const Split& split_;
  const Preparation preparation_;
  const std::int64_t side_;
  const std::shared_ptr<const JpegDecoder> decoder_;
  const std::unique_ptr<PictureCache> cache_;
};

}  // namespace aviary::data
