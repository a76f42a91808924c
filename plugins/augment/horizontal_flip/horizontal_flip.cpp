#include <aviary/augmentation.hpp>

namespace {

struct Params {
  double probability = 0.5;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("probability", &Params::probability, "how often").at_least(0).at_most(1);
  }
};

class HorizontalFlip final : public aviary::Augmentation {
 public:
  explicit HorizontalFlip(const Params& params) : params_(params) {}

  aviary::Action draw(cv::Size size, aviary::Rng& rng) const override {
    if (!rng.chance(params_.probability)) return {};
    return aviary::Warp{.to_source = {-1, 0, size.width - 1.0, 0, 1, 0}, .size = size, .border = {}};
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_AUGMENTATION("horizontal_flip", HorizontalFlip, Params, "Mirror left and right")
