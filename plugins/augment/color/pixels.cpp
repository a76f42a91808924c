// What depends on the whole pixel or the whole picture: albumentations' HueSaturationValue, ToGray, ColorJitter, Equalize,
// CLAHE.
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <opencv2/imgproc.hpp>

#include <aviary/augment/pixels.hpp>
#include <aviary/augment/tables.hpp>
#include <aviary/augment/transform.hpp>

namespace {

using aviary::Image;
using aviary::Pixels;

struct HueSaturationValue {
  std::vector<double> hue_shift_limit = {-20, 20};
  std::vector<double> sat_shift_limit = {-30, 30};
  std::vector<double> val_shift_limit = {-20, 20};
  double probability = 0.5;

  static void declare(aviary::ParamList<HueSaturationValue>& list) {
    using P = HueSaturationValue;
    list.add("hue_shift_limit", &P::hue_shift_limit, "turns the hue; 180 is once round").limits().each_within(-180, 180);
    list.add("sat_shift_limit", &P::sat_shift_limit, "added to the saturation, of 0..255").limits().each_within(-255, 255);
    list.add("val_shift_limit", &P::val_shift_limit, "added to the value, of 0..255").limits().each_within(-255, 255);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const double hue = aviary::draw_within(hue_shift_limit, rng);
    const double saturation = aviary::draw_within(sat_shift_limit, rng);
    const double value = aviary::draw_within(val_shift_limit, rng);
    return aviary::HsvTable{aviary::hsv_shift_table(hue, saturation, value)};
  }
};

struct ToGray {
  double probability = 0.5;

  static void declare(aviary::ParamList<ToGray>& list) { aviary::add_probability(list); }

  aviary::Action action(cv::Size, aviary::Rng&) const { return aviary::Saturation{0}; }
};

struct ColorJitter {
  std::vector<double> brightness = {0.8, 1.2};
  std::vector<double> contrast = {0.8, 1.2};
  std::vector<double> saturation = {0.8, 1.2};
  std::vector<double> hue = {-0.2, 0.2};
  double probability = 0.5;

  static void declare(aviary::ParamList<ColorJitter>& list) {
    list.add("brightness", &ColorJitter::brightness, "factor").limits(1).at_least(0).at_most(10);
    list.add("contrast", &ColorJitter::contrast, "factor").limits(1).at_least(0).at_most(10);
    list.add("saturation", &ColorJitter::saturation, "factor").limits(1).at_least(0).at_most(10);
    list.add("hue", &ColorJitter::hue, "turns the hue; 1 is once round").limits().each_within(-0.5, 0.5);
    aviary::add_probability(list);
  }

  // In an order that is drawn, as torchvision and albumentations do it.
  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const double turn = aviary::draw_within(hue, rng);
    const double by = aviary::draw_within(brightness, rng);
    const double contrast_by = aviary::draw_within(contrast, rng);
    const double saturation_by = aviary::draw_within(saturation, rng);
    std::array<int, 4> order = {0, 1, 2, 3};
    for (std::size_t i = 3; i > 0; --i)
      std::swap(order[i], order[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(i)))]);
    return Pixels([=](const Image& image) {
      Image result = image;
      for (const int step : order) {
        switch (step) {
          case 0: result = aviary::look_up(aviary::multiply_table({by, by, by}), result); break;
          case 1: result = aviary::change_contrast(result, contrast_by); break;
          case 2: result = aviary::change_saturation(result, saturation_by); break;
          default: result = aviary::shift_hsv(result, 180 * turn, 0, 0);
        }
      }
      return result;
    });
  }
};

struct Equalize {
  double probability = 0.5;

  static void declare(aviary::ParamList<Equalize>& list) { aviary::add_probability(list); }

  aviary::Action action(cv::Size, aviary::Rng&) const { return Pixels(aviary::equalize); }
};

struct Clahe {
  std::vector<double> clip_limit = {1, 4};
  std::int64_t tile_grid_size = 8;
  double probability = 0.5;

  static void declare(aviary::ParamList<Clahe>& list) {
    list.add("clip_limit", &Clahe::clip_limit, "how steep the curve of a tile may be").limits_from(1).at_least(1).at_most(1000);
    list.add("tile_grid_size", &Clahe::tile_grid_size, "tiles across and down").at_least(1).at_most(256);
    aviary::add_probability(list);
  }

  // OpenCV makes the tables of this color space at their first use, and not safely when threads begin together.
  void fit(const aviary::AugmentationContext&) const {
    Image pixel(1, 1, CV_8UC3, cv::Scalar::all(0));
    cv::cvtColor(pixel, pixel, cv::COLOR_RGB2Lab);
    cv::cvtColor(pixel, pixel, cv::COLOR_Lab2RGB);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const int tiles = static_cast<int>(tile_grid_size);
    return Pixels([limit = aviary::draw_within(clip_limit, rng), tiles](const Image& image) {
      Image lab;
      cv::cvtColor(image, lab, cv::COLOR_RGB2Lab);
      cv::Mat lightness;
      cv::extractChannel(lab, lightness, 0);
      cv::createCLAHE(limit, {tiles, tiles})->apply(lightness, lightness);
      cv::insertChannel(lightness, lab, 0);
      cv::cvtColor(lab, lab, cv::COLOR_Lab2RGB);
      return lab;
    });
  }
};

}  // namespace

AVIARY_TRANSFORM("hue_saturation_value", HueSaturationValue, "Turn the hue, add to saturation and value")
AVIARY_TRANSFORM("to_gray", ToGray, "Three equal channels")
AVIARY_TRANSFORM("color_jitter", ColorJitter, "Brightness, contrast, saturation and hue, in a random order")
AVIARY_TRANSFORM("equalize", Equalize, "Equalise the histogram of each channel")
AVIARY_TRANSFORM("clahe", Clahe, "Equalise the lightness, tile by tile, with limited contrast")
