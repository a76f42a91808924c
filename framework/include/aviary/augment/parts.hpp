// Random parts of a picture, for what crops and what erases.
#pragma once

#include <vector>

#include <aviary/api.hpp>
#include <aviary/augmentation.hpp>

namespace aviary {

/// A size whose area is a share of the picture's, uniform within `scale`, and whose width for a height of 1 is uniform within
/// `ratio` on a logarithmic scale: torchvision's, of Szegedy et al., 2014 (arXiv 1409.4842, section 6). It may be empty, or
/// larger than the picture.
AVIARY_API cv::Size draw_part(cv::Size picture, const std::vector<double>& scale, const std::vector<double>& ratio, Rng& rng);

/// Anywhere within the picture. Precondition: the part is not larger than that.
AVIARY_API cv::Rect draw_place(cv::Size part, cv::Size picture, Rng& rng);

}  // namespace aviary
