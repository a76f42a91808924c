#include <aviary/augment/parts.hpp>

#include <cmath>

namespace aviary {

cv::Size draw_part(cv::Size picture, const std::vector<double>& scale, const std::vector<double>& ratio, Rng& rng) {
  const double area = rng.uniform(scale[0], scale[1]) * picture.area();
  const double shape = std::exp(rng.uniform(std::log(ratio[0]), std::log(ratio[1])));
  return {cvRound(std::sqrt(area * shape)), cvRound(std::sqrt(area / shape))};
}

cv::Rect draw_place(cv::Size part, cv::Size picture, Rng& rng) {
  const auto left = static_cast<int>(rng.integer(0, picture.width - part.width));
  const auto top = static_cast<int>(rng.integer(0, picture.height - part.height));
  return {{left, top}, part};
}

}  // namespace aviary
