// Warps of the usual changes of shape. Angles are degrees, anticlockwise as one sees the picture; lengths are pixels.
#pragma once

#include <string>
#include <vector>

#include <aviary/api.hpp>
#include <aviary/augmentation.hpp>

namespace aviary {

/// What the settings of a warp say about the outside of the picture and between its pixels.
struct AVIARY_API Edges {
  std::string border = "reflect_101";
  std::vector<double> value = {0, 0, 0};
  std::string interpolation = "linear";

  Border border_of() const;
  /// One of OpenCV's INTER_ numbers.
  int interpolation_of() const;

  template <class Settings>
  static void declare(ParamList<Settings>& list) {
    list.add("border", &Settings::border, "what stands outside the picture, as OpenCV names it")
        .one_of({"constant", "replicate", "reflect", "reflect_101", "wrap"});
    list.add("value", &Settings::value, "red, green and blue of a constant border").size(3).each_within(0, 255);
    list.add("interpolation", &Settings::interpolation, "between pixels").one_of({"nearest", "linear", "cubic"});
  }
};

/// About the centre of the picture: first scaled and sheared, then turned, then shifted.
struct Affine {
  double angle = 0;
  double scale = 1;
  double shear_x = 0;  ///< pixels to the right for each pixel down
  double shear_y = 0;  ///< pixels down for each pixel to the right
  double shift_x = 0;
  double shift_y = 0;
};
AVIARY_API Warp affine_warp(cv::Size size, const Affine& affine, const Edges& edges);

AVIARY_API Warp flip_warp(cv::Size size, bool horizontal, bool vertical);

/// The part of the picture at `place`; outside it the border.
AVIARY_API Warp crop_warp(cv::Rect place, const Border& border = {});

/// The part of the picture at `place`, which lies within it, in another size. Aligned as cv::resize does it.
AVIARY_API Warp resize_warp(cv::Rect place, cv::Size size, int interpolation = cv::INTER_LINEAR);

}  // namespace aviary
