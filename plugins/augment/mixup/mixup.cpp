// mixup: Zhang et al., 2018 (arXiv 1710.09412). A picture becomes the weighted mean of itself and another one of its batch, its
// target that of both classes; the weight is drawn from Beta(alpha, alpha) for each picture.
#include <aviary/augmentation.hpp>

namespace {

struct Params {
  double alpha = 0.2;
  double probability = 1;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("alpha", &Params::alpha, "of the Beta distribution: near 0 hardly mixes, 1 mixes evenly")
        .above(0)
        .at_most(100)
        .usual("0.1 to 0.8");
    list.add("probability", &Params::probability, "how often").at_least(0).at_most(1);
  }
};

class Mixup final : public aviary::Augmentation {
 public:
  explicit Mixup(const Params& params) : params_(params) {}

  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(params_.probability)) return {};
    return aviary::Mix{.share = rng.beta(params_.alpha, params_.alpha), .box = {}};
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_AUGMENTATION("mixup", Mixup, Params, "Blend with another picture of the batch, targets too (arXiv 1710.09412)")
