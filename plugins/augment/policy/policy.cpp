// RandAugment (Cubuk et al., 2019, arXiv 1909.13719) and TrivialAugment (Mueller and Hutter, 2021, arXiv 2103.10158, the wide
// space), with torchvision's operations and strengths. Each operation is a table, a warp or pixels of its own, and folds with
// its neighbours.
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <aviary/augment/pixels.hpp>
#include <aviary/augment/tables.hpp>
#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

using aviary::Action;
using aviary::Affine;
using aviary::Image;
using aviary::Pixels;

/// The strongest of each operation.
struct Space {
  double shear;        ///< pixels for each pixel
  double translation;  ///< pixels, or a share of the side where that is below 1
  double angle;        ///< degrees
  double enhancement;  ///< added to, or taken from, a factor of 1
  int bits;            ///< that posterize takes away
};
constexpr Space usual = {0.3, 150.0 / 331, 30, 0.9, 4};
constexpr Space wide = {0.99, 32, 135, 0.99, 6};

constexpr int operations = 14;

/// Operation `number` with a strength of 0 to 1.
Action operation(int number, double strength, const Space& space, const aviary::Edges& edges, cv::Size size, aviary::Rng& rng) {
  const double sign = rng.chance(0.5) ? 1 : -1;
  const double factor = 1 + sign * strength * space.enhancement;
  const auto warp = [&](const Affine& affine) -> Action { return aviary::affine_warp(size, affine, edges); };
  const auto moved = [&](int side) {
    return sign * strength * (space.translation < 1 ? space.translation * side : space.translation);
  };
  switch (number) {
    case 0: return warp({.shear_x = sign * strength * space.shear});
    case 1: return warp({.shear_y = sign * strength * space.shear});
    case 2: return warp({.shift_x = moved(size.width)});
    case 3: return warp({.shift_y = moved(size.height)});
    case 4: return warp({.angle = sign * strength * space.angle});
    case 5: return aviary::multiply_table({factor, factor, factor});
    case 6: return aviary::Saturation{factor};
    case 7: return Pixels([=](const Image& image) { return aviary::change_contrast(image, factor); });
    case 8: return Pixels([=](const Image& image) { return aviary::change_sharpness(image, factor); });
    case 9: return aviary::posterize_table(8 - static_cast<int>(std::lround(strength * space.bits)));
    case 10: return aviary::solarize_table(255 * (1 - strength));
    case 11: return Pixels(aviary::stretch_contrast);
    case 12: return Pixels(aviary::equalize);
    default: return {};
  }
}

struct RandAugmentSettings : aviary::Edges {
  std::int64_t num_ops = 2;
  std::int64_t magnitude = 9;
  std::int64_t num_magnitude_bins = 31;
  double probability = 1;

  RandAugmentSettings() { border = "constant"; }

  static void declare(aviary::ParamList<RandAugmentSettings>& list) {
    using P = RandAugmentSettings;
    list.add("num_ops", &P::num_ops, "operations on each picture").at_least(1).at_most(14).usual("2");
    list.add("magnitude", &P::magnitude, "how strong they are").at_least(0).usual("9");
    list.add("num_magnitude_bins", &P::num_magnitude_bins, "number of strengths").at_least(2).at_most(1000);
    Edges::declare(list);
    aviary::add_probability(list);
    list.rule(
        "magnitude", [](const P& p) { return p.magnitude < p.num_magnitude_bins; }, "is not below num_magnitude_bins");
  }
};

// One operation of a policy; the policy answers with several of them.
class Operation final : public aviary::Augmentation {
 public:
  explicit Operation(const RandAugmentSettings& settings) : settings_(settings) { name = "rand_augment"; }

  Action draw(cv::Size size, aviary::Rng& rng) const override {
    const double strength = static_cast<double>(settings_.magnitude) / static_cast<double>(settings_.num_magnitude_bins - 1);
    return operation(static_cast<int>(rng.integer(0, operations - 1)), strength, usual, settings_, size, rng);
  }

 private:
  const RandAugmentSettings& settings_;
};

class RandAugment final : public aviary::Augmentation {
 public:
  explicit RandAugment(RandAugmentSettings settings) : settings_(std::move(settings)), operation_(settings_) {}

  Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return {};
    return aviary::Then{std::vector<const Augmentation*>(static_cast<std::size_t>(settings_.num_ops), &operation_)};
  }

 private:
  RandAugmentSettings settings_;
  Operation operation_;
};

struct TrivialAugment : aviary::Edges {
  std::int64_t num_magnitude_bins = 31;
  double probability = 1;

  TrivialAugment() { border = "constant"; }

  static void declare(aviary::ParamList<TrivialAugment>& list) {
    list.add("num_magnitude_bins", &TrivialAugment::num_magnitude_bins, "number of strengths").at_least(2).at_most(1000);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  Action action(cv::Size size, aviary::Rng& rng) const {
    const auto number = static_cast<int>(rng.integer(0, operations - 1));
    const auto strongest = static_cast<double>(num_magnitude_bins - 1);
    const double strength = static_cast<double>(rng.integer(0, num_magnitude_bins - 1)) / strongest;
    return operation(number, strength, wide, *this, size, rng);
  }
};

}  // namespace

AVIARY_AUGMENTATION("rand_augment", RandAugment, RandAugmentSettings, "RandAugment: some random operations of one strength")
AVIARY_TRANSFORM("trivial_augment", TrivialAugment, "TrivialAugment: one random operation of random strength")
