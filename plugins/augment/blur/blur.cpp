// albumentations' GaussianBlur and Sharpen.
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

#include <aviary/augment/transform.hpp>

namespace {

using aviary::Image;
using aviary::Pixels;

struct GaussianBlur {
  std::vector<std::int64_t> blur_limit = {3, 7};
  std::vector<double> sigma_limit = {0, 0};
  double probability = 0.5;

  static void declare(aviary::ParamList<GaussianBlur>& list) {
    list.add("blur_limit", &GaussianBlur::blur_limit, "smallest and largest width of the kernel, odd pixels")
        .size(2)
        .at_least(1)
        .at_most(255);
    list.add("sigma_limit", &GaussianBlur::sigma_limit, "standard deviation, pixels; 0: as fits the width")
        .limits_from(0)
        .at_least(0)
        .at_most(100);
    aviary::add_probability(list);
    list.rule(
        "blur_limit",
        [](const GaussianBlur& p) {
          return p.blur_limit[0] <= p.blur_limit[1] && p.blur_limit[0] % 2 == 1 && p.blur_limit[1] % 2 == 1;
        },
        "needs two odd numbers, the smaller one first");
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const int width = static_cast<int>(2 * rng.integer(blur_limit[0] / 2, blur_limit[1] / 2) + 1);
    const double sigma = aviary::draw_within(sigma_limit, rng);
    return Pixels([=](const Image& image) {
      Image result;
      cv::GaussianBlur(image, result, {width, width}, sigma);
      return result;
    });
  }
};

struct Sharpen {
  std::vector<double> alpha = {0.2, 0.5};
  std::vector<double> lightness = {0.5, 1};
  double probability = 0.5;

  static void declare(aviary::ParamList<Sharpen>& list) {
    list.add("alpha", &Sharpen::alpha, "share of the sharpened picture").limits_exact().each_within(0, 1);
    list.add("lightness", &Sharpen::lightness, "of the sharpened picture; 1 keeps it").limits_exact().at_least(0).at_most(10);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const auto share = static_cast<float>(aviary::draw_within(alpha, rng));
    const auto middle = 8 + static_cast<float>(aviary::draw_within(lightness, rng));
    const cv::Matx33f kernel(-share, -share, -share, -share, 1 - share + share * middle, -share, -share, -share, -share);
    return Pixels([=](const Image& image) {
      Image result;
      cv::filter2D(image, result, -1, kernel);
      return result;
    });
  }
};

}  // namespace

AVIARY_TRANSFORM("gaussian_blur", GaussianBlur, "Blur")
AVIARY_TRANSFORM("sharpen", Sharpen, "Sharpen")
