// random_crop: torchvision's RandomCrop with padding, as CIFAR recipes use it. center_crop: albumentations' CenterCrop.
// random_sized_crop: albumentations' RandomSizedCrop. random_resized_crop: torchvision's.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aviary/error.hpp>

#include <aviary/augment/parts.hpp>
#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

void require(cv::Size crop, cv::Size picture, const char* with) {
  if (crop.width <= picture.width && crop.height <= picture.height) return;
  const auto text = [](cv::Size size) { return std::to_string(size.width) + " x " + std::to_string(size.height); };
  throw aviary::Error("a crop of " + text(crop) + " is larger than the picture" + with + ", " + text(picture),
                      aviary::Fault::usage);
}

/// Height and width that come out; the recipe's image_size by default.
struct OutputSize {
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> width;

  template <class Settings>
  static void declare(aviary::ParamList<Settings>& list) {
    list.add("height", &Settings::height, "pixels (default: data.image_size)").at_least(1).at_most(8192);
    list.add("width", &Settings::width, "pixels (default: data.image_size)").at_least(1).at_most(8192);
  }

  void fit(const aviary::AugmentationContext& context) {
    height = height.value_or(context.image_size);
    width = width.value_or(context.image_size);
  }

  cv::Size output() const { return {static_cast<int>(*width), static_cast<int>(*height)}; }
};

struct RandomCrop : OutputSize, aviary::Edges {
  std::int64_t padding = 0;
  double probability = 1;

  RandomCrop() { border = "constant"; }

  static void declare(aviary::ParamList<RandomCrop>& list) {
    OutputSize::declare(list);
    list.add("padding", &RandomCrop::padding, "pixels added on every side before cutting").at_least(0).at_most(8192).usual("4");
    Edges::declare(list);
    aviary::add_probability(list);
  }

  cv::Size framed(cv::Size size) const {
    const int both = 2 * static_cast<int>(padding);
    return {size.width + both, size.height + both};
  }

  void check(cv::Size size) const { require(output(), framed(size), padding > 0 ? " with its padding" : ""); }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    const int frame = static_cast<int>(padding);
    return aviary::crop_warp(aviary::draw_place(output(), framed(size), rng) - cv::Point(frame, frame), border_of());
  }
};

struct CenterCrop : OutputSize {
  double probability = 1;

  static void declare(aviary::ParamList<CenterCrop>& list) {
    OutputSize::declare(list);
    aviary::add_probability(list);
  }

  void check(cv::Size size) const { require(output(), size, ""); }

  aviary::Action action(cv::Size size, aviary::Rng&) const {
    const cv::Size room = size - output();
    return aviary::crop_warp({{room.width / 2, room.height / 2}, output()});
  }
};

struct RandomSizedCrop : OutputSize {
  std::optional<std::vector<std::int64_t>> min_max_height;
  double w2h_ratio = 1;
  double probability = 1;

  static void declare(aviary::ParamList<RandomSizedCrop>& list) {
    using P = RandomSizedCrop;
    list.add("min_max_height", &P::min_max_height,
             "smallest and largest height of the crop, pixels (default: half of the picture's to all of it)")
        .size(2)
        .at_least(1);
    list.add("w2h_ratio", &P::w2h_ratio, "the crop's width for a height of 1").above(0).at_most(100);
    OutputSize::declare(list);
    aviary::add_probability(list);
    list.rule(
        "min_max_height", [](const P& p) { return !p.min_max_height || (*p.min_max_height)[0] <= (*p.min_max_height)[1]; },
        "has its smaller end last");
  }

  std::vector<std::int64_t> heights(cv::Size size) const {
    return min_max_height.value_or(std::vector<std::int64_t>{(size.height + 1) / 2, size.height});
  }

  cv::Size crop(std::int64_t high) const {
    return {std::max(1, static_cast<int>(static_cast<double>(high) * w2h_ratio)), static_cast<int>(high)};
  }

  void check(cv::Size size) const { require(crop(heights(size)[1]), size, ""); }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    const cv::Size part = crop(rng.integer(heights(size)[0], heights(size)[1]));
    return aviary::resize_warp(aviary::draw_place(part, size, rng), output());
  }
};

struct RandomResizedCrop : OutputSize {
  std::vector<double> scale = {0.08, 1};
  std::vector<double> ratio = {0.75, 4.0 / 3};
  double probability = 1;

  static void declare(aviary::ParamList<RandomResizedCrop>& list) {
    list.add("scale", &RandomResizedCrop::scale, "share of the picture's area").limits_from(0.08).above(0).at_most(1);
    list.add("ratio", &RandomResizedCrop::ratio, "the crop's width for a height of 1").limits_from(1).above(0).at_most(100);
    OutputSize::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const cv::Size part = aviary::draw_part(size, scale, ratio, rng);
      if (part.empty() || part.width > size.width || part.height > size.height) continue;
      return aviary::resize_warp(aviary::draw_place(part, size, rng), output());
    }
    // No luck: as much as the ratio allows, from the middle.
    const double shape = std::clamp(static_cast<double>(size.width) / size.height, ratio[0], ratio[1]);
    const cv::Size part(std::clamp(cvRound(size.height * shape), 1, size.width),
                        std::clamp(cvRound(size.width / shape), 1, size.height));
    return aviary::resize_warp({{(size.width - part.width) / 2, (size.height - part.height) / 2}, part}, output());
  }
};

}  // namespace

AVIARY_TRANSFORM("random_crop", RandomCrop, "Cut out a random place, with padding if wanted")
AVIARY_TRANSFORM("center_crop", CenterCrop, "Cut out the middle")
AVIARY_TRANSFORM("random_sized_crop", RandomSizedCrop, "Cut out a random place of random size, and resize it")
AVIARY_TRANSFORM("random_resized_crop", RandomResizedCrop, "Cut out a random place, size and shape, and resize it")
