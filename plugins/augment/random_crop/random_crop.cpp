// A square cut out at a random place, of the picture with a frame around it: torchvision's RandomCrop with padding, as CIFAR
// recipes use it.
#include <aviary/augmentation.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <aviary/error.hpp>

namespace {

struct Params {
  std::int64_t padding = 4;
  std::optional<std::int64_t> size;
  std::string border = "constant";
  double probability = 1;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("padding", &Params::padding, "pixels added on every side before cutting").at_least(0).usual("4");
    list.add("size", &Params::size, "height and width that are cut out (default: data.image_size)").at_least(1);
    list.add("border", &Params::border, "what the frame holds: black, or the picture mirrored").one_of({"constant", "reflect"});
    list.add("probability", &Params::probability, "how often").at_least(0).at_most(1);
  }
};

class RandomCrop final : public aviary::Augmentation {
 public:
  RandomCrop(const Params& params, const aviary::AugmentationContext& context)
      : params_(params), size_(static_cast<int>(params.size.value_or(context.image_size))) {
    if (size_ > context.image_size + 2 * params.padding)
      throw aviary::Error("size is " + std::to_string(size_) + ", larger than the picture with its padding (" +
                              std::to_string(context.image_size + 2 * params.padding) + ")",
                          aviary::Fault::usage);
  }

  aviary::Action draw(cv::Size size, aviary::Rng& rng) const override {
    if (!rng.chance(params_.probability)) return {};
    const auto left = static_cast<double>(rng.integer(-params_.padding, size.width + params_.padding - size_));
    const auto top = static_cast<double>(rng.integer(-params_.padding, size.height + params_.padding - size_));
    const int type = params_.border == "constant" ? cv::BORDER_CONSTANT : cv::BORDER_REFLECT_101;
    return aviary::Warp{
        .to_source = {1, 0, left, 0, 1, top}, .size = {size_, size_}, .border = aviary::Border{type, cv::Scalar()}};
  }

 private:
  Params params_;
  int size_;
};

}  // namespace

AVIARY_AUGMENTATION("random_crop", RandomCrop, Params, "Cut out a square at a random place, with padding")
