// albumentations' Rotate and ShiftScaleRotate, whose centre is that of the picture's pixels.
#include <vector>

#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

struct Rotate : aviary::Edges {
  std::vector<double> limit = {-90, 90};
  double probability = 0.5;

  static void declare(aviary::ParamList<Rotate>& list) {
    list.add("limit", &Rotate::limit, "degrees, anticlockwise").limits().each_within(-360, 360).usual("15 to 30");
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    return aviary::affine_warp(size, {.angle = aviary::draw_within(limit, rng)}, *this);
  }
};

struct ShiftScaleRotate : aviary::Edges {
  std::vector<double> shift_limit = {-0.0625, 0.0625};
  std::vector<double> scale_limit = {-0.1, 0.1};
  std::vector<double> rotate_limit = {-45, 45};
  double probability = 0.5;

  static void declare(aviary::ParamList<ShiftScaleRotate>& list) {
    using P = ShiftScaleRotate;
    list.add("shift_limit", &P::shift_limit, "share of width and height, each drawn for itself").limits().each_within(-1, 1);
    list.add("scale_limit", &P::scale_limit, "added to a scale of 1").limits().above(-1).at_most(9);
    list.add("rotate_limit", &P::rotate_limit, "degrees, anticlockwise").limits().each_within(-360, 360);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    aviary::Affine affine;
    affine.angle = aviary::draw_within(rotate_limit, rng);
    affine.scale = 1 + aviary::draw_within(scale_limit, rng);
    affine.shift_x = aviary::draw_within(shift_limit, rng) * size.width;
    affine.shift_y = aviary::draw_within(shift_limit, rng) * size.height;
    return aviary::affine_warp(size, affine, *this);
  }
};

}  // namespace

AVIARY_TRANSFORM("rotate", Rotate, "Turn about the centre")
AVIARY_TRANSFORM("shift_scale_rotate", ShiftScaleRotate, "Turn, enlarge or shrink about the centre, and move")
