// What a device makes of pictures, beside what the CPU makes of them with the same draws. The device's pixels are computed on
// the host, by the function that the kernel calls.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/augment/pixels.hpp>

#include "data/preparation.hpp"
#include "data/raw_pictures.hpp"
#include "framework/data/host_augmenter.hpp"
#include "framework/recipe/recipes.hpp"
#include "plugins/augment/applied.hpp"

namespace aviary::test::device {
namespace {

constexpr int side = 48;

// As photographs have them: slow changes, sharp edges, a dark and a gray part, noise; no two columns or rows are alike.
Image scene(cv::Size size, std::uint64_t seed) {
  Image image(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const int across = 255 * x / size.width;
      const int down = 255 * y / size.height;
      image.at<cv::Vec3b>(y, x) = cv::Vec3b(cv::saturate_cast<std::uint8_t>(across), cv::saturate_cast<std::uint8_t>(down),
                                            cv::saturate_cast<std::uint8_t>(255 - (across + down) / 2));
    }
  const int w = size.width;
  const int h = size.height;
  cv::circle(image, {w / 3, h / 3}, h / 5, {250, 240, 10}, cv::FILLED);
  cv::rectangle(image, cv::Rect(w / 2, h / 2, w / 4, h / 3), {12, 9, 14}, cv::FILLED);
  cv::rectangle(image, cv::Rect(w / 8, 2 * h / 3, w / 4, h / 5), {127, 127, 127}, cv::FILLED);
  cv::line(image, {0, h - 1}, {w - 1, 0}, {255, 255, 255});
  Image noise(size, CV_8UC3);
  cv::RNG(seed).fill(noise, cv::RNG::UNIFORM, 0, 12);
  return image + noise;
}

struct Difference {
  int most = 0;       ///< grey levels
  double values = 0;  ///< that were compared
  double equal = 0;   ///< of them
  int untouched = 0;  ///< pictures whose pixels no CPU changed
  int pictures = 0;
};

// Of what was drawn for one picture.
void compare(const data::Pipeline& pipeline, const Image& image, std::uint64_t seed, Difference& difference) {
  const data::Preparation preparation{side, "area", {}, {1, 1, 1}};
  Rng on_cpu(seed, {});
  Rng on_device(seed, {});
  const Image expected = preparation.resize(pipeline.apply(image.clone(), on_cpu).image, side);
  const data::Augmented draft = pipeline.draft(image, on_device);
  ASSERT_EQ(on_cpu.bits(), on_device.bits()) << "other draws";

  RawPictures raw;
  raw.side = side;
  data::append(raw, draft.rest.warp ? draft.image : preparation.resize(draft.image, side), draft.rest);
  at::Tensor numbers = at::empty({1, 3, side, side}, at::kFloat, at::MemoryFormat::ChannelsLast);
  data::HostAugmenter().run(raw, numbers);
  Image result;
  cv::Mat(side, side, CV_32FC3, numbers.data_ptr<float>()).convertTo(result, CV_8UC3, 255);

  cv::Mat apart;
  cv::absdiff(result, expected, apart);
  difference.most = std::max(difference.most, static_cast<int>(cv::norm(apart, cv::NORM_INF)));
  difference.values += static_cast<double>(apart.total() * 3);
  difference.equal += static_cast<double>(apart.total() * 3) - cv::countNonZero(apart.reshape(1));
  difference.untouched += draft.image.data == image.data ? 1 : 0;
  ++difference.pictures;
}

Difference difference_of(const std::string& augment, bool fold, int draws) {
  const Recipes recipes;
  const recipe::Recipe recipe = recipes.read(least + augment);
  const data::Pipeline pipeline = data::make_pipeline(recipe.augment, side, {.fold = fold, .output = {side, side}});
  Difference difference;
  for (const cv::Size size : {cv::Size(side, side), cv::Size(61, 75), cv::Size(131, 97), cv::Size(33, 29)}) {
    const Image image = scene(size, static_cast<std::uint64_t>(size.width));
    for (int seed = 0; seed < draws; ++seed) compare(pipeline, image, static_cast<std::uint64_t>(seed), difference);
  }
  return difference;
}

std::string tables(const std::vector<std::string>& settings) {
  std::string text;
  for (const std::string& each : settings) text += "[[augment]]\n" + each + "\n";
  return text;
}

struct DeviceCase {
  std::string name;
  std::vector<std::string> augment;
};

void PrintTo(const DeviceCase& each, std::ostream* out) { *out << each.name; }
std::string case_name(const testing::TestParamInfo<DeviceCase>& info) { return info.param.name; }

std::string named(const std::string& type, const std::string& settings = "") {
  return "type = \"" + type + "\"\nprobability = 1\n" + settings;
}

// What a device does all of.
std::vector<DeviceCase> fused_cases() {
  std::vector<DeviceCase> cases = {
      {"horizontal_flip", {named("horizontal_flip")}},
      {"vertical_flip", {named("vertical_flip")}},
      {"rotate", {named("rotate", "limit = 180")}},
      {"rotate_nearest", {named("rotate", "limit = 180\ninterpolation = \"nearest\"")}},
      {"shift_scale_rotate", {named("shift_scale_rotate", "shift_limit = 0.3\nscale_limit = 0.4")}},
      {"random_resized_crop", {named("random_resized_crop")}},
      {"random_brightness_contrast", {named("random_brightness_contrast")}},
      {"rgb_shift", {named("rgb_shift")}},
      {"random_gamma", {named("random_gamma")}},
      {"multiply", {named("multiply", "per_channel = true")}},
      {"posterize", {named("posterize")}},
      {"solarize", {named("solarize")}},
      {"hue_saturation_value", {named("hue_saturation_value", "hue_shift_limit = 90\nsat_shift_limit = 60")}},
      {"to_gray", {named("to_gray")}},
      {"colors_after_each_other",
       {named("hue_saturation_value"), named("random_brightness_contrast", "contrast_limit = 0.9"), named("posterize"),
        named("hue_saturation_value"), named("solarize"), named("random_gamma")}},
      {"colors_then_rotate", {named("hue_saturation_value"), named("random_gamma"), named("rotate")}},
      {"rotate_then_colors", {named("rotate"), named("random_gamma"), named("hue_saturation_value"), named("posterize")}},
      {"colors_around_rotate",
       {named("solarize"), named("hue_saturation_value"), named("horizontal_flip"), named("rotate"), named("rgb_shift"),
        named("to_gray"), named("multiply")}},
  };
  for (const std::string border : {"constant", "replicate", "reflect", "reflect_101", "wrap"})
    for (const std::string interpolation : {"linear", "nearest"})
      cases.push_back(
          {border + "_" + interpolation,
           {named("solarize"),
            named("shift_scale_rotate", fmt::format("border = \"{}\"\nvalue = [250, 3, 120]\ninterpolation = \"{}\"\n"
                                                    "shift_limit = 0.9\nscale_limit = [-0.7, 0.5]",
                                                    border, interpolation)),
            named("posterize")}});
  return cases;
}

struct FusedAugmentation : testing::TestWithParam<DeviceCase> {};

TEST_P(FusedAugmentation, IsWhatTheCpuMakesOfIt) {
  const Difference difference = difference_of(tables(GetParam().augment), true, 40);
  EXPECT_LE(difference.most, 1);
  EXPECT_GE(difference.equal / difference.values, 0.999);
  RecordProperty("equal", fmt::format("{:.6f}", difference.equal / difference.values));
}

INSTANTIATE_TEST_SUITE_P(Device, FusedAugmentation, testing::ValuesIn(fused_cases()), case_name);

// Of a picture that has its size, and where the warp gives it its size, no CPU touches a pixel.
TEST(DeviceAugmentation, LeavesAllButWhatItCannotDoToTheDevice) {
  for (const DeviceCase& each : fused_cases()) {
    const Recipes recipes;
    const data::Pipeline pipeline =
        data::make_pipeline(recipes.read(least + tables(each.augment)).augment, side, {.fold = true, .output = {side, side}});
    const bool flip_before_colors = each.name == "colors_around_rotate";
    Difference difference;
    for (std::uint64_t seed = 0; seed < 10; ++seed) compare(pipeline, scene({side, side}, 1), seed, difference);
    if (!flip_before_colors) {
      EXPECT_EQ(difference.untouched, difference.pictures) << each.name;
    }
  }
}

struct EveryOnDevice : testing::TestWithParam<std::string> {};

TEST_P(EveryOnDevice, IsWhatTheCpuMakesOfIt) {
  recipe::ComponentRecipe component = component_recipe(Kind::augmentation, GetParam());
  if (component.values.contains("probability")) component.values["probability"] = 1.0;
  const auto before = component_recipe(Kind::augmentation, "solarize");
  const auto after = component_recipe(Kind::augmentation, "hue_saturation_value");
  for (const bool fold : {true, false}) {
    const data::Pipeline pipeline =
        data::make_pipeline({before, component, after}, side, {.fold = fold, .output = {side, side}});
    Difference difference;
    for (std::uint64_t seed = 0; seed < 20; ++seed) compare(pipeline, scene({side, side}, 5), seed, difference);
    EXPECT_LE(difference.most, 1) << fold;
  }
}

std::vector<std::string> usable() {
  std::vector<std::string> names = built_plugins().names(Kind::augmentation);
  std::erase(names, "pad_if_needed");  // to 1024 pixels by default
  return names;
}

INSTANTIATE_TEST_SUITE_P(Device, EveryOnDevice, testing::ValuesIn(usable()),
                         [](const testing::TestParamInfo<std::string>& each) { return each.param; });

TEST(DeviceAugmentation, FollowsTheCpuThroughMixedChains) {
  const std::vector<std::vector<std::string>> chains = {
      {named("rotate"), named("gauss_noise"), named("rotate"), named("hue_saturation_value"), named("shift_scale_rotate")},
      {named("hue_saturation_value"), named("rotate", "interpolation = \"cubic\""), named("posterize"), named("to_gray")},
      {named("rotate", "border = \"constant\""), named("rotate", "border = \"wrap\""), named("solarize"), named("equalize"),
       named("vertical_flip")},
      {named("random_resized_crop"), named("hue_saturation_value"), named("rotate", "interpolation = \"nearest\""),
       named("random_gamma")},
      {named("shift_scale_rotate"), named("color_jitter"), named("random_brightness_contrast"), named("rotate"),
       named("random_brightness_contrast"), named("horizontal_flip")},
      {"type = \"rand_augment\"\nnum_ops = 5", "type = \"trivial_augment\"", "type = \"rotate\""},
      {"type = \"one_of\"\n[[augment.augments]]\ntype = \"to_gray\"\n[[augment.augments]]\ntype = \"rotate\"\n"
       "[[augment.augments]]\ntype = \"clahe\"",
       "type = \"horizontal_flip\"", "type = \"hue_saturation_value\"", "type = \"shift_scale_rotate\"",
       "type = \"coarse_dropout\"", "type = \"multiply\""},
  };
  double equal = 0;
  double values = 0;
  for (const auto& chain : chains)
    for (const bool fold : {true, false}) {
      const Difference difference = difference_of(tables(chain), fold, 25);
      EXPECT_LE(difference.most, 1) << tables(chain) << fold;
      equal += difference.equal;
      values += difference.values;
    }
  RecordProperty("equal", fmt::format("{:.6f}", equal / values));
}

// On this machine, whose OpenCV may take other paths than the one it was written beside.
TEST(FusedPixel, TurnsColorsAsOpenCvDoes) {
  constexpr int width = 101;  // whole vectors, and a few pixels more
  Image all(256 * 256 * 4 / width, width, CV_8UC3);
  cv::RNG(7).fill(all, cv::RNG::UNIFORM, 0, 256);
  Image expected;
  cv::cvtColor(all, expected, cv::COLOR_RGB2HSV);
  int wrong = 0;
  int turned_back_wrong = 0;
  Image rgb;
  cv::cvtColor(expected, rgb, cv::COLOR_HSV2RGB);
  for (int y = 0; y < all.rows; ++y)
    for (int x = 0; x < width; ++x) {
      const cv::Vec3b pixel = all.at<cv::Vec3b>(y, x);
      const fused::Rgb hsv = fused::to_hsv({{pixel[0], pixel[1], pixel[2]}});
      wrong += cv::Vec3b(hsv.values[0], hsv.values[1], hsv.values[2]) != expected.at<cv::Vec3b>(y, x) ? 1 : 0;
      const cv::Vec3b back = rgb.at<cv::Vec3b>(y, x);
      const fused::Rgb rounded = fused::from_hsv(hsv, true);
      const fused::Rgb cut = fused::from_hsv(hsv, false);
      for (int channel = 0; channel < 3; ++channel)
        turned_back_wrong +=
            std::min(std::abs(back[channel] - rounded.values[channel]), std::abs(back[channel] - cut.values[channel])) > 0;
    }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(turned_back_wrong, 0);
}

TEST(FusedPixel, ChangesSaturationAsTheCpuDoes) {
  const Image image = scene({101, 60}, 3);
  Rng rng(2, {});
  for (int i = 0; i < 50; ++i) {
    const double factor = i == 0 ? 0 : rng.uniform(0, 3);
    const Image expected = change_saturation(image, factor);
    const fused::Step step{fused::Color::saturation, 0, 1, static_cast<float>(factor), static_cast<float>(1 - factor)};
    int most = 0;
    for (int y = 0; y < image.rows; ++y)
      for (int x = 0; x < image.cols; ++x) {
        const cv::Vec3b pixel = image.at<cv::Vec3b>(y, x);
        const fused::Rgb result = fused::saturated(step, {{pixel[0], pixel[1], pixel[2]}});
        for (int channel = 0; channel < 3; ++channel)
          most = std::max(most, std::abs(result.values[channel] - expected.at<cv::Vec3b>(y, x)[channel]));
      }
    EXPECT_EQ(most, 0) << factor;
  }
}

}  // namespace
}  // namespace aviary::test::device
