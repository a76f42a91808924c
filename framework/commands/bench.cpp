#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

#include "commands/command.hpp"
#include "data/decode.hpp"
#include "data/loader.hpp"
#include "data/picture_files.hpp"
#include "data/pipeline.hpp"
#include "recipe/document.hpp"

namespace aviary::commands {
namespace {

struct DeckRow {
  const char* name;
  const char* augment;  ///< as in a recipe
};

// The table of the deck, with the fixed settings that it was measured with; then the deck's pipeline, drawn at random.
constexpr std::array<DeckRow, 19> deck_rows = {{
    {"HorizontalFlip", R"({ type = "horizontal_flip", probability = 1 })"},
    {"VerticalFlip", R"({ type = "vertical_flip", probability = 1 })"},
    {"Rotate", R"({ type = "rotate", limit = [-45, -45], probability = 1 })"},
    {"ShiftScaleRotate",
     R"({ type = "shift_scale_rotate", shift_limit = [0.2, 0.2], scale_limit = [1, 1], rotate_limit = [-45, -45], )"
     R"(probability = 1 })"},
    {"Brightness",
     R"({ type = "random_brightness_contrast", brightness_limit = [0.5, 0.5], contrast_limit = 0, probability = 1 })"},
    {"Contrast",
     R"({ type = "random_brightness_contrast", brightness_limit = 0, contrast_limit = [0.5, 0.5], probability = 1 })"},
    {"BrightnessContrast",
     R"({ type = "random_brightness_contrast", brightness_limit = [0.5, 0.5], contrast_limit = [0.5, 0.5], probability = 1 })"},
    {"ShiftRGB", R"({ type = "rgb_shift", r_shift_limit = [100, 100], g_shift_limit = [100, 100], b_shift_limit = [100, 100], )"
                 R"(probability = 1 })"},
    {"ShiftHSV", R"({ type = "hue_saturation_value", hue_shift_limit = [20, 20], sat_shift_limit = [20, 20], )"
                 R"(val_shift_limit = [20, 20], probability = 1 })"},
    {"Gamma", R"({ type = "random_gamma", gamma_limit = 50, probability = 1 })"},
    {"Grayscale", R"({ type = "to_gray", probability = 1 })"},
    {"RandomCrop64", R"({ type = "random_crop", height = 64, width = 64 })"},
    {"PadToSize512", R"({ type = "pad_if_needed", min_height = 512, min_width = 512 })"},
    {"Resize512", R"({ type = "resize", height = 512, width = 512 })"},
    {"RandomSizedCrop_64_512", R"({ type = "random_sized_crop", min_max_height = [64, 64], height = 512, width = 512 })"},
    {"Equalize", R"({ type = "equalize", probability = 1 })"},
    {"Multiply", R"({ type = "multiply", multiplier = 1.5, probability = 1 })"},
    {"MultiplyElementwise", R"({ type = "multiplicative_noise", multiplier = [0, 1], probability = 1 })"},
    {"Deck", R"({ type = "horizontal_flip" }, { type = "rotate", limit = 30 }, )"
             R"({ type = "shift_scale_rotate", shift_limit = 0.15, scale_limit = 0.15, rotate_limit = 0 }, )"
             R"({ type = "random_brightness_contrast" }, { type = "resize", height = 224, width = 224 })"},
}};

struct BenchOptions {
  std::string folder;
  std::vector<std::int64_t> size = {500, 375};
  std::int64_t pictures = 200;
  double seconds = 0.3;
};

std::vector<Image> load(const BenchOptions& options) {
  const cv::Size size(static_cast<int>(options.size[0]), static_cast<int>(options.size[1]));
  std::vector<Image> pictures;
  for (const auto& file : data::pictures_below(options.folder)) {
    if (std::ssize(pictures) == options.pictures) break;
    try {
      Image& picture = pictures.emplace_back(data::decode(file));
      cv::resize(picture, picture, size, 0, 0, cv::INTER_CUBIC);
    } catch (const Error& error) {
      fmt::print(stderr, "{}\n", data::left_out({file.string(), error.what()}));
    }
  }
  if (pictures.empty())
    throw Error(fmt::format("there is no picture that can be decoded below {}", options.folder), Fault::usage);
  return pictures;
}

// Images per second: the most of three rounds, since what else the machine does can only slow it down.
double measure(const data::Pipeline& pipeline, const std::vector<Image>& pictures, double seconds) {
  using Clock = std::chrono::steady_clock;
  double most = 0;
  for (int round = 0; round < 3; ++round) {
    const auto began = Clock::now();
    double elapsed = 0;
    std::uint64_t count = 0;
    while (elapsed < seconds / 3) {
      for (const Image& picture : pictures) {
        Rng rng(1, {count++});
        // A crop shares the picture's pixels; the loader copies them where it normalises them, and so does the peer.
        const Image result = pipeline.apply(picture, rng).image;
        if (result.datastart == picture.datastart) const Image copy = result.clone();
      }
      elapsed = std::chrono::duration<double>(Clock::now() - began).count();
    }
    most = std::max(most, static_cast<double>(count) / elapsed);
  }
  return most;
}

data::Pipeline pipeline_of(const DeckRow& row, plugins::Catalogue& catalogue) {
  // A recipe of nothing else.
  recipe::Document document;
  document.root.value = recipe::Table();
  recipe::override_values(document, {fmt::format("augment=[{}]", row.augment)});
  std::vector<recipe::ComponentRecipe> augment;
  for (const recipe::Node& node : *document.root.table()->find("augment")->node.list())
    augment.push_back(recipe::read_component(Kind::augmentation, node, catalogue));
  return data::make_pipeline(augment, 224, {});
}

void bench_augment(const BenchOptions& options, const Global& global) {
  cv::setNumThreads(1);
  plugins::Catalogue catalogue = global.catalogue();
  const std::vector<Image> pictures = load(options);
  nlohmann::ordered_json json;
  std::vector<std::vector<std::string>> table = {
      {"one thread", fmt::format("images/s, {} x {}", options.size[0], options.size[1])}};
  for (const DeckRow& row : deck_rows) {
    const double speed = measure(pipeline_of(row, catalogue), pictures, options.seconds);
    json[row.name] = speed;
    table.push_back({row.name, fmt::format("{:.0f}", speed)});
  }
  if (global.json)
    print(json);
  else
    print_columns(table);
}

}  // namespace

void add_bench(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("bench", "how fast this machine is")->require_subcommand(1);
  auto options = std::make_shared<BenchOptions>();
  CLI::App* const augment = command->add_subcommand("augment", "images per second of each augmentation of the deck's table");
  augment->add_option("DIR", options->folder, "pictures, in this folder or below it")->required();
  augment->add_option("--size", options->size, "width and height that they are resized to first (default 500 375)")
      ->check(CLI::Range(std::int64_t{64}, std::int64_t{4096}))
      ->expected(2)
      ->type_name("W H");
  augment->add_option("--pictures", options->pictures, "how many (default 200)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}))
      ->type_name("N");
  augment->add_option("--seconds", options->seconds, "for each row (default 0.3)")
      ->check(CLI::Range(0.01, 60.0))
      ->type_name("S");
  augment->footer("aviary bench augment pictures");
  for (CLI::App* const each : {command, augment}) each->fallthrough();
  augment->callback([options, &global] { bench_augment(*options, global); });
}

}  // namespace aviary::commands
