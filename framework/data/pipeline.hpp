// The augmentations of a recipe, one after the other. Draws what each will do and carries it out; neighbouring tables are
// folded into one table and neighbouring warps into one warp, so that pixels are looked up and interpolated once. Warps may
// overtake tables that are straight lines, such as brightness and contrast. The training loader alone uses it, from many
// threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aviary/augmentation.hpp>
#include <aviary/image.hpp>
#include <aviary/rng.hpp>

#include "plugins/border.hpp"
#include "recipe/recipe.hpp"

namespace aviary::data {

/// What a device is left to do with a picture, in this order.
struct Rest {
  std::vector<ColorStep> before;  ///< on the picture's own pixels
  std::optional<Warp> warp;       ///< linear or nearest
  std::vector<ColorStep> after;
};

struct Augmented {
  Image image;
  std::optional<Mix> mix;  ///< to be done with another picture of the batch
  Rest rest = {};          ///< of a draft
};

struct PipelineOptions {
  bool fold = true;      ///< without, every action is carried out by itself; the same numbers are drawn
  cv::Size output = {};  ///< what pictures get at the end, straight from the last warp; empty: they stay as they come out
  double strength = 1;   ///< how often an augmentation is drawn at all, whatever its own probability
};

class Pipeline {
 public:
  /// `callees` names each augmentation's plugin, for what it throws; empty where none is a plugin's.
  Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, const PipelineOptions& options,
           std::vector<plugins::Callee> callees = {});

  /// The changed picture, whose size may be another; it may share the pixels of `image`, which stay as they are. `drawn`, if
  /// any, is told the names of all that changed it. Throws Error in the name of the augmentation that failed.
  Augmented apply(const Image& image, Rng& rng, std::vector<std::string>* drawn = nullptr) const;

  /// The same with the same draws, but what a device can do after all else is left to it: one warp, and what changes each pixel
  /// by itself before and after. With its rest the picture has the size of `options.output`; where nothing is left it may have
  /// another one.
  Augmented draft(const Image& image, Rng& rng) const;

 private:
  template <class Target>
  void draw(Target& work, Rng& rng) const;

  std::vector<std::unique_ptr<Augmentation>> augmentations_;
  PipelineOptions options_;
  std::vector<plugins::Callee> callees_;
};

/// Of a recipe's components, for pictures that a model of image_size is trained with. Throws Error when a plugin fails.
Pipeline make_pipeline(const std::vector<recipe::ComponentRecipe>& augment, std::int64_t image_size,
                       const PipelineOptions& options);

}  // namespace aviary::data
