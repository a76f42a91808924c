// coarse_dropout: albumentations' CoarseDropout (DeVries and Taylor, 2017, arXiv 1708.04552). random_erasing: torchvision's and
// timm's (Zhong et al., 2017, arXiv 1708.04896).
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include <aviary/augment/parts.hpp>
#include <aviary/augment/transform.hpp>

namespace {

using aviary::Image;
using aviary::Pixels;

cv::Scalar color_of(const std::vector<double>& value) { return {value[0], value[1], value[2]}; }

struct CoarseDropout {
  std::int64_t max_holes = 8;
  std::int64_t min_holes = 1;
  std::int64_t max_height = 8;
  std::int64_t min_height = 8;
  std::int64_t max_width = 8;
  std::int64_t min_width = 8;
  std::vector<double> fill_value = {0, 0, 0};
  double probability = 0.5;

  static void declare(aviary::ParamList<CoarseDropout>& list) {
    using P = CoarseDropout;
    list.add("max_holes", &P::max_holes, "most holes").at_least(1).at_most(10'000);
    list.add("min_holes", &P::min_holes, "fewest holes").at_least(1).at_most(10'000);
    list.add("max_height", &P::max_height, "largest height of a hole, pixels").at_least(1).at_most(8192);
    list.add("min_height", &P::min_height, "smallest height").at_least(1).at_most(8192);
    list.add("max_width", &P::max_width, "largest width").at_least(1).at_most(8192);
    list.add("min_width", &P::min_width, "smallest width").at_least(1).at_most(8192);
    list.add("fill_value", &P::fill_value, "red, green and blue of a hole").size(3).each_within(0, 255);
    aviary::add_probability(list);
    list.rule(
        "min_holes", [](const P& p) { return p.min_holes <= p.max_holes; }, "is above max_holes");
    list.rule(
        "min_height", [](const P& p) { return p.min_height <= p.max_height; }, "is above max_height");
    list.rule(
        "min_width", [](const P& p) { return p.min_width <= p.max_width; }, "is above max_width");
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    std::vector<cv::Rect> holes(static_cast<std::size_t>(rng.integer(min_holes, max_holes)));
    for (cv::Rect& hole : holes) {
      hole.height = std::min(static_cast<int>(rng.integer(min_height, max_height)), size.height);
      hole.width = std::min(static_cast<int>(rng.integer(min_width, max_width)), size.width);
      hole.y = static_cast<int>(rng.integer(0, size.height - hole.height));
      hole.x = static_cast<int>(rng.integer(0, size.width - hole.width));
    }
    return Pixels([holes, color = color_of(fill_value)](const Image& image) {
      Image result = image.clone();
      for (const cv::Rect& hole : holes) result(hole).setTo(color);
      return result;
    });
  }
};

struct RandomErasing {
  std::vector<double> scale = {0.02, 0.33};
  std::vector<double> ratio = {0.3, 3.3};
  std::string mode = "constant";
  std::vector<double> value = {0, 0, 0};
  double probability = 0.5;

  static void declare(aviary::ParamList<RandomErasing>& list) {
    list.add("scale", &RandomErasing::scale, "share of the picture's area").limits_from(0.02).above(0).below(1);
    list.add("ratio", &RandomErasing::ratio, "width for a height of 1").limits_from(0.3).above(0).at_most(100);
    list.add("mode", &RandomErasing::mode, "what is put there: the value, or noise").one_of({"constant", "random"});
    list.add("value", &RandomErasing::value, "red, green and blue").size(3).each_within(0, 255);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const cv::Size part = aviary::draw_part(size, scale, ratio, rng);
      if (part.empty() || part.width >= size.width || part.height >= size.height) continue;
      const cv::Rect place = aviary::draw_place(part, size, rng);
      return Pixels([place, noise = mode == "random", color = color_of(value), seed = rng.bits()](const Image& image) {
        Image result = image.clone();
        cv::Mat part_of_it = result(place);
        if (noise)
          cv::RNG(seed).fill(part_of_it, cv::RNG::UNIFORM, 0, 256);
        else
          part_of_it.setTo(color);
        return result;
      });
    }
    return {};
  }
};

}  // namespace

AVIARY_TRANSFORM("coarse_dropout", CoarseDropout, "Cut holes into the picture")
AVIARY_TRANSFORM("random_erasing", RandomErasing, "Replace a rectangle by a color or by noise")
