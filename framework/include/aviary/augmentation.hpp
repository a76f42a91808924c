// Changes training pictures at random. An augmentation draws what it will do from the generator it is given and answers with an
// Action; the pipeline carries it out, and folds neighbouring tables into one table and neighbouring warps into one warp.
// draw() is called from many threads at once, on one object.
//
//   aviary::Action draw(cv::Size size, aviary::Rng& rng) const override {
//     if (!rng.chance(params_.probability)) return {};
//     return aviary::Warp{.to_source = {-1, 0, size.width - 1.0, 0, 1, 0}, .size = size};
//   }
//
// aviary/augment/ has what most are made of: borders, tables, warps, and the base of those with a probability.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <opencv2/core/base.hpp>
#include <opencv2/core/matx.hpp>
#include <opencv2/core/types.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/api.hpp>
#include <aviary/image.hpp>
#include <aviary/plugin.hpp>
#include <aviary/rng.hpp>

namespace aviary {

/// New value for each old one, per channel (red, green, blue).
struct Table {
  std::array<std::array<std::uint8_t, 256>, 3> values;
};

/// The same for hue (0 to 179), saturation and value, as OpenCV's RGB2HSV gives them in 8 bits and HSV2RGB takes them.
struct HsvTable {
  Table table;
};

/// 0: gray, 1: as it is, more: more colorful. The gray is the luma of ITU-R BT.601.
struct Saturation {
  double factor;
};

/// What changes each pixel by itself.
using ColorStep = std::variant<Table, HsvTable, Saturation>;

/// What stands outside the picture.
struct Border {
  int type = cv::BORDER_CONSTANT;  ///< one of OpenCV's BORDER_CONSTANT, _REPLICATE, _REFLECT, _REFLECT_101, _WRAP
  cv::Scalar color;                ///< for BORDER_CONSTANT, RGB

  bool operator==(const Border&) const = default;
};

/// A new picture of `size`, whose pixel (x, y) is the old picture's at to_source * (x, y, 1). Pixel centres lie at whole
/// numbers.
struct Warp {
  cv::Matx23d to_source;
  cv::Size size;
  std::optional<Border> border;          ///< none: it never looks outside
  int interpolation = cv::INTER_LINEAR;  ///< or cv::INTER_NEAREST, cv::INTER_CUBIC
};

/// Anything else: a new picture, of any size, made of the old one, which stays as it is. All but this (and cubic interpolation)
/// can be done by a GPU.
using Pixels = std::function<Image(const Image& image)>;

/// Mixes the picture with another one of its batch, which the host draws, once all pictures of the batch have their size. The
/// target becomes the mixture of both classes. Of several, the last one is carried out.
struct Mix {
  double share;  ///< of the picture in the weighted mean of both; 1: the mean is the picture
  cv::Rect box;  ///< if not empty: taken from the other picture, in pixels of image_size; then the target is shared by area
};

class Augmentation;

/// These are to be drawn next, one after the other: what a group answers. They must live as long as it does.
struct Then {
  std::vector<const Augmentation*> augmentations;
};

/// monostate: leave the picture as it is.
using Action = std::variant<std::monostate, Table, HsvTable, Saturation, Warp, Pixels, Mix, Then>;

struct AugmentationContext {
  std::int64_t image_size;  ///< height and width that the model is trained with
};

class AVIARY_API Augmentation {
 public:
  using Context = AugmentationContext;
  static constexpr Kind kind = Kind::augmentation;

  Augmentation() = default;
  Augmentation(const Augmentation&) = delete;
  Augmentation& operator=(const Augmentation&) = delete;
  virtual ~Augmentation();

  /// What to do with a picture of this size. All random numbers come from `rng`. Throws Error when no picture of the size can
  /// be used, whatever is drawn: every recipe is tried on an empty picture when it is read.
  virtual Action draw(cv::Size size, Rng& rng) const = 0;

  std::string name;  ///< its `type` in the recipe; the host sets it
};

}  // namespace aviary

#define AVIARY_AUGMENTATION(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::Augmentation, "augmentation", name, Class, Params, summary)
