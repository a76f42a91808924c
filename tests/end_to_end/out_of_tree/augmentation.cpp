#include <aviary/augmentation.hpp>

#include <cstdint>

#include <opencv2/core.hpp>

namespace {

struct Params {
  std::int64_t most = 10;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("most", &Params::most, "largest change of a value").at_least(0).at_most(255);
  }
};

class GuestAugmentation final : public aviary::Augmentation {
 public:
  explicit GuestAugmentation(const Params& params) : params_(params) {}

  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    const auto change = static_cast<double>(rng.integer(-params_.most, params_.most));
    return aviary::Pixels([change](const aviary::Image& image) {
      aviary::Image result;
      cv::add(image, cv::Scalar::all(change), result);
      return result;
    });
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_AUGMENTATION("guest_augmentation", GuestAugmentation, Params, "Brighter or darker")
