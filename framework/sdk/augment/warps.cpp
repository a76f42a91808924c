#include <aviary/augment/warps.hpp>

#include <cmath>
#include <map>
#include <numbers>

namespace aviary {

Border Edges::border_of() const {
  static const std::map<std::string, int> types = {{"constant", cv::BORDER_CONSTANT},
                                                   {"replicate", cv::BORDER_REPLICATE},
                                                   {"reflect", cv::BORDER_REFLECT},
                                                   {"reflect_101", cv::BORDER_REFLECT_101},
                                                   {"wrap", cv::BORDER_WRAP}};
  return {types.at(border), cv::Scalar(value[0], value[1], value[2])};
}

int Edges::interpolation_of() const {
  return interpolation == "nearest" ? cv::INTER_NEAREST : interpolation == "cubic" ? cv::INTER_CUBIC : cv::INTER_LINEAR;
}

Warp affine_warp(cv::Size size, const Affine& affine, const Edges& edges) {
  const double angle = affine.angle * std::numbers::pi / 180;
  const cv::Matx22d turned(std::cos(angle), std::sin(angle), -std::sin(angle), std::cos(angle));  // y points down
  const cv::Matx22d to_source = (turned * cv::Matx22d(1, affine.shear_x, affine.shear_y, 1) * affine.scale).inv();
  const cv::Vec2d centre(size.width / 2.0 - 0.5, size.height / 2.0 - 0.5);
  const cv::Vec2d shift = centre - to_source * (centre + cv::Vec2d(affine.shift_x, affine.shift_y));
  return {.to_source = {to_source(0, 0), to_source(0, 1), shift[0], to_source(1, 0), to_source(1, 1), shift[1]},
          .size = size,
          .border = edges.border_of(),
          .interpolation = edges.interpolation_of()};
}

Warp flip_warp(cv::Size size, bool horizontal, bool vertical) {
  return {.to_source = {horizontal ? -1.0 : 1.0, 0, horizontal ? size.width - 1.0 : 0.0, 0, vertical ? -1.0 : 1.0,
                        vertical ? size.height - 1.0 : 0.0},
          .size = size,
          .border = {}};
}

Warp crop_warp(cv::Rect place, const Border& border) {
  return {.to_source = {1, 0, double(place.x), 0, 1, double(place.y)}, .size = place.size(), .border = border};
}

Warp resize_warp(cv::Rect place, cv::Size size, int interpolation) {
  const double x = double(place.width) / size.width;
  const double y = double(place.height) / size.height;
  return {.to_source = {x, 0, place.x + x / 2 - 0.5, 0, y, place.y + y / 2 - 0.5},
          .size = size,
          .border = {},
          .interpolation = interpolation};
}

}  // namespace aviary
