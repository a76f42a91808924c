// CutMix: Yun et al., 2019 (arXiv 1905.04899), algorithm 1. A rectangle of the picture is replaced by that of another picture
// of its batch, and the target is shared by area. The area is drawn from Beta(alpha, alpha), the place uniformly; what lies
// outside the picture is cut off.
#include <algorithm>
#include <cmath>
#include <utility>

#include <aviary/augmentation.hpp>

namespace {

struct Params {
  double alpha = 1;
  double probability = 0.5;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("alpha", &Params::alpha, "of the Beta distribution: 1 draws all areas alike").above(0).at_most(100).usual("1");
    list.add("probability", &Params::probability, "how often").at_least(0).at_most(1).usual("0.5");
  }
};

class Cutmix final : public aviary::Augmentation {
 public:
  Cutmix(const Params& params, const aviary::AugmentationContext& context)
      : params_(params), size_(static_cast<int>(context.image_size)) {}

  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(params_.probability)) return {};
    const double side = std::sqrt(1 - rng.beta(params_.alpha, params_.alpha)) * size_;
    const auto cut = [&] {
      const double middle = rng.uniform(0, size_);
      const auto begin = static_cast<int>(std::max(0.0, middle - side / 2));
      return std::pair(begin, static_cast<int>(std::min<double>(size_, middle + side / 2)) - begin);
    };
    const auto [x, width] = cut();
    const auto [y, height] = cut();
    return aviary::Mix{.share = 1, .box = {x, y, width, height}};
  }

 private:
  Params params_;
  int size_;
};

}  // namespace

AVIARY_AUGMENTATION("cutmix", Cutmix, Params,
                    "Paste a rectangle of another picture of the batch, targets by area (arXiv 1905.04899)")
