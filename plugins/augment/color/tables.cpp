// What is a table: albumentations' RandomBrightnessContrast, RGBShift, RandomGamma, MultiplicativeNoise of one factor,
// Posterize, Solarize.
#include <cmath>
#include <cstdint>
#include <vector>

#include <aviary/augment/tables.hpp>
#include <aviary/augment/transform.hpp>

namespace {

struct RandomBrightnessContrast {
  std::vector<double> brightness_limit = {-0.2, 0.2};
  std::vector<double> contrast_limit = {-0.2, 0.2};
  double probability = 0.5;

  static void declare(aviary::ParamList<RandomBrightnessContrast>& list) {
    using P = RandomBrightnessContrast;
    list.add("brightness_limit", &P::brightness_limit, "added to all values, of a range of 1").limits().each_within(-1, 1);
    list.add("contrast_limit", &P::contrast_limit, "added to a factor of 1 on all values").limits().at_least(-1).at_most(9);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const double alpha = 1 + aviary::draw_within(contrast_limit, rng);
    return aviary::brightness_contrast_table(alpha, aviary::draw_within(brightness_limit, rng));
  }
};

struct RgbShift {
  std::vector<double> r_shift_limit = {-20, 20};
  std::vector<double> g_shift_limit = {-20, 20};
  std::vector<double> b_shift_limit = {-20, 20};
  double probability = 0.5;

  static void declare(aviary::ParamList<RgbShift>& list) {
    list.add("r_shift_limit", &RgbShift::r_shift_limit, "added to red, of 0..255").limits().each_within(-255, 255);
    list.add("g_shift_limit", &RgbShift::g_shift_limit, "added to green").limits().each_within(-255, 255);
    list.add("b_shift_limit", &RgbShift::b_shift_limit, "added to blue").limits().each_within(-255, 255);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const double red = aviary::draw_within(r_shift_limit, rng);
    const double green = aviary::draw_within(g_shift_limit, rng);
    return aviary::shift_table({red, green, aviary::draw_within(b_shift_limit, rng)});
  }
};

struct RandomGamma {
  std::vector<double> gamma_limit = {80, 120};
  double probability = 0.5;

  static void declare(aviary::ParamList<RandomGamma>& list) {
    list.add("gamma_limit", &RandomGamma::gamma_limit, "percent: 100 changes nothing, less is brighter")
        .limits_exact()
        .above(0)
        .at_most(1000);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    return aviary::gamma_table(aviary::draw_within(gamma_limit, rng) / 100);
  }
};

struct Multiply {
  std::vector<double> multiplier = {0.9, 1.1};
  bool per_channel = false;
  double probability = 0.5;

  static void declare(aviary::ParamList<Multiply>& list) {
    list.add("multiplier", &Multiply::multiplier, "factor on all values").limits_exact().at_least(0).at_most(10);
    list.add("per_channel", &Multiply::per_channel, "a factor for each channel");
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const double red = aviary::draw_within(multiplier, rng);
    if (!per_channel) return aviary::multiply_table({red, red, red});
    const double green = aviary::draw_within(multiplier, rng);
    return aviary::multiply_table({red, green, aviary::draw_within(multiplier, rng)});
  }
};

struct Posterize {
  std::int64_t num_bits = 4;
  double probability = 0.5;

  static void declare(aviary::ParamList<Posterize>& list) {
    list.add("num_bits", &Posterize::num_bits, "highest bits of each value that are kept").at_least(1).at_most(8);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng&) const { return aviary::posterize_table(static_cast<int>(num_bits)); }
};

struct Solarize {
  double threshold = 128;
  double probability = 0.5;

  static void declare(aviary::ParamList<Solarize>& list) {
    list.add("threshold", &Solarize::threshold, "values from it on are turned over").each_within(0, 256);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng&) const { return aviary::solarize_table(threshold); }
};

}  // namespace

AVIARY_TRANSFORM("random_brightness_contrast", RandomBrightnessContrast, "Change brightness and contrast")
AVIARY_TRANSFORM("rgb_shift", RgbShift, "Add to each channel")
AVIARY_TRANSFORM("random_gamma", RandomGamma, "A gamma curve")
AVIARY_TRANSFORM("multiply", Multiply, "Multiply all values by one factor")
AVIARY_TRANSFORM("posterize", Posterize, "Fewer shades of each channel")
AVIARY_TRANSFORM("solarize", Solarize, "Turn bright values over")
