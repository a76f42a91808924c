// Test-time augmentation: a model looks at several views of a picture, and its probabilities are averaged. Pure functions, for
// any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace aviary::results {

/// Both together are ten views.
struct Views {
  bool flip = false;   ///< the picture and its mirror image
  bool crop5 = false;  ///< the four corners and the middle, each 7/8 of the picture's height and width

  bool none() const { return !flip && !crop5; }
  /// Of the pictures that views of `size` are cut from.
  std::int64_t picture_size(std::int64_t size) const;
};

/// The views of a batch (N x 3 x height x width), each as large as picture_size() was asked for.
std::vector<at::Tensor> views_of(const at::Tensor& images, const Views& views);

/// What `logits_of` says of a batch: its logits, or the logarithm of the mean of its views' probabilities, in double.
at::Tensor mean_over_views(const at::Tensor& images, const Views& views,
                           const std::function<at::Tensor(const at::Tensor&)>& logits_of);

}  // namespace aviary::results
