// albumentations' GaussNoise and MultiplicativeNoise of one factor for each value. The numbers for a picture come from a key
// that is drawn once, by the value's place (SplitMix64: Steele, Lea and Flood, 2014), so that the compiler can draw many at
// once.
#include <cmath>
#include <cstdint>
#include <vector>

#include <aviary/augment/transform.hpp>

namespace {

using aviary::Image;
using aviary::Pixels;

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

// The picture of what change(value, bits) makes of each value, with 32 random bits.
template <class Change>
Image change_values(const Image& image, std::uint64_t key, const Change& change) {
  Image result(image.size(), image.type());
  const int width = 3 * image.cols;
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* const row = image.ptr(y);
    std::uint8_t* const out = result.ptr(y);
    const std::uint64_t first = key + static_cast<std::uint64_t>(y) * static_cast<std::uint64_t>(width);
    for (int x = 0; x < width; ++x)
      out[x] = change(row[x], static_cast<std::uint32_t>(mixed((first + static_cast<std::uint64_t>(x)) * 0x9e3779b97f4a7c15)));
  }
  return result;
}

std::uint8_t clipped(float value) { return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value); }

struct MultiplicativeNoise {
  std::vector<double> multiplier = {0.9, 1.1};
  double probability = 0.5;

  static void declare(aviary::ParamList<MultiplicativeNoise>& list) {
    list.add("multiplier", &MultiplicativeNoise::multiplier, "factor, drawn for each value of each pixel")
        .limits_exact()
        .at_least(0)
        .at_most(10);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    return Pixels([low = static_cast<float>(multiplier[0]), range = static_cast<float>(multiplier[1] - multiplier[0]),
                   key = rng.bits()](const Image& image) {
      return change_values(image, key, [=](std::uint8_t value, std::uint32_t bits) {
        return clipped(static_cast<float>(value) * (low + range * static_cast<float>(bits >> 8) * 0x1p-24F));
      });
    });
  }
};

struct GaussNoise {
  std::vector<double> var_limit = {10, 50};
  double mean = 0;
  double probability = 0.5;

  static void declare(aviary::ParamList<GaussNoise>& list) {
    list.add("var_limit", &GaussNoise::var_limit, "variance of what is added, of values in 0..255")
        .limits_from(0)
        .at_least(0)
        .at_most(65025);
    list.add("mean", &GaussNoise::mean, "mean of it").each_within(-255, 255);
    aviary::add_probability(list);
  }

  // The sum of four uniform numbers is close enough to normal for a picture of 256 shades.
  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    const auto deviation = static_cast<float>(std::sqrt(aviary::draw_within(var_limit, rng)));
    return Pixels([=, key = rng.bits(), middle = static_cast<float>(mean)](const Image& image) {
      const float scale = deviation * std::sqrt(3.F / 65535);  // each byte has a variance of 65535 / 12
      return change_values(image, key, [=](std::uint8_t value, std::uint32_t bits) {
        const auto sum = static_cast<float>((bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24));
        return clipped(static_cast<float>(value) + middle + (sum - 510) * scale + 0.5F);
      });
    });
  }
};

}  // namespace

AVIARY_TRANSFORM("multiplicative_noise", MultiplicativeNoise, "Multiply every value by a factor of its own")
AVIARY_TRANSFORM("gauss_noise", GaussNoise, "Add normal noise to every value")
