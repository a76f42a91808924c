// horizontal_flip, vertical_flip: albumentations' HorizontalFlip and VerticalFlip.
#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

template <bool horizontal>
struct Flip {
  double probability = 0.5;

  static void declare(aviary::ParamList<Flip>& list) { aviary::add_probability(list); }

  aviary::Action action(cv::Size size, aviary::Rng&) const { return aviary::flip_warp(size, horizontal, !horizontal); }
};

}  // namespace

AVIARY_TRANSFORM("horizontal_flip", Flip<true>, "Mirror left and right")
AVIARY_TRANSFORM("vertical_flip", Flip<false>, "Mirror top and bottom")
