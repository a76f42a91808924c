// albumentations' Resize and PadIfNeeded.
#include <algorithm>
#include <cstdint>
#include <optional>

#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

struct Resize {
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> width;
  double probability = 1;

  static void declare(aviary::ParamList<Resize>& list) {
    list.add("height", &Resize::height, "pixels (default: data.image_size)").at_least(1).at_most(8192);
    list.add("width", &Resize::width, "pixels (default: data.image_size)").at_least(1).at_most(8192);
    aviary::add_probability(list);
  }

  void fit(const aviary::AugmentationContext& context) {
    height = height.value_or(context.image_size);
    width = width.value_or(context.image_size);
  }

  aviary::Action action(cv::Size size, aviary::Rng&) const {
    return aviary::resize_warp({{}, size}, {static_cast<int>(*width), static_cast<int>(*height)});
  }
};

struct PadIfNeeded : aviary::Edges {
  std::int64_t min_height = 1024;
  std::int64_t min_width = 1024;
  double probability = 1;

  static void declare(aviary::ParamList<PadIfNeeded>& list) {
    list.add("min_height", &PadIfNeeded::min_height, "pixels that the picture has at least afterwards")
        .at_least(1)
        .at_most(8192);
    list.add("min_width", &PadIfNeeded::min_width, "likewise").at_least(1).at_most(8192);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng&) const {
    const int wide = std::max(size.width, static_cast<int>(min_width));
    const int high = std::max(size.height, static_cast<int>(min_height));
    if (wide == size.width && high == size.height) return {};
    return aviary::crop_warp({-((wide - size.width) / 2), -((high - size.height) / 2), wide, high}, border_of());
  }
};

}  // namespace

AVIARY_TRANSFORM("resize", Resize, "Another size, bilinear, whatever the picture's shape")
AVIARY_TRANSFORM("pad_if_needed", PadIfNeeded, "A frame around pictures that are too small")
