#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "data/batch.hpp"
#include "results/contact_sheet.hpp"
#include "training/curriculum.hpp"
#include "training/experiment.hpp"
#include "weights/whole_file.hpp"

namespace aviary::commands {
namespace {

struct PreviewOptions {
  RecipeOptions recipe;
  std::string out = "preview.png";
  std::int64_t pictures = 4;
  std::int64_t draws = 6;
  std::optional<std::int64_t> epoch;  // from 1
  bool each = false;
};

using results::Tile;

// What a row of a batch shows: the numbers that the model sees, as 8 bits again.
Image picture_of(const at::Tensor& images, std::int64_t row, const data::Preparation& preparation) {
  const at::Tensor values = images[row].permute({1, 2, 0}).contiguous();
  Image image(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_8UC3);
  const float* value = values.data_ptr<float>();
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const double share = *value++ * preparation.std[channel] + preparation.mean[channel];
        image.ptr(y, x)[channel] = cv::saturate_cast<std::uint8_t>(255 * share);
      }
  return image;
}

class Preview {
 public:
  Preview(const recipe::Recipe& recipe, std::int64_t pictures)
      : recipe_(recipe),
        dataset_(data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed))),
        preparation_(data::Preparation::from(recipe.data)),
        pictures_(dataset_.train, preparation_, recipe.data.load_size.value_or(recipe.data.image_size), data::Cache::none),
        normalise_(preparation_) {
    // From all over the training part, so that they are of different classes; without those that cannot be decoded.
    const std::int64_t count = std::min<std::int64_t>(pictures, std::ssize(dataset_.train.samples));
    for (std::int64_t i = 0; i < count; ++i)
      samples_.push_back(static_cast<std::size_t>(i * std::ssize(dataset_.train.samples) / count));
    samples_ = batch(nullptr, 0).samples;
    if (samples_.empty()) throw Error("none of the pictures that were tried can be decoded; try more with --pictures");
  }

  std::vector<std::vector<Tile>> rows() const {
    const data::Batch plain = batch(nullptr, 0);
    std::vector<std::vector<Tile>> rows;
    for (std::size_t i = 0; i < samples_.size(); ++i)
      rows.push_back({{picture_of(plain.images, static_cast<std::int64_t>(i), preparation_), name_of(samples_[i])}});
    return rows;
  }

  /// A tile for each row: what an epoch makes of the pictures.
  void add_draw(const data::Pipeline* pipeline, std::int64_t epoch, std::vector<std::vector<Tile>>& rows) const {
    const data::Batch changed = batch(pipeline, epoch);
    for (std::size_t i = 0; i < samples_.size(); ++i) rows[i].push_back(tile(pipeline, epoch, i, changed));
  }

  /// A tile for each row, from the first epoch that changes its picture.
  void add_first_change(const data::Pipeline& pipeline, std::vector<std::vector<Tile>>& rows) const {
    constexpr std::int64_t most = 1000;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      std::int64_t epoch = 0;
      while (epoch < most && drawn(pipeline, epoch, samples_[i]).empty()) ++epoch;
      rows[i].push_back(tile(&pipeline, epoch, i, batch(&pipeline, epoch)));
    }
  }

 private:
  data::BatchContext context(const data::Pipeline* pipeline, std::int64_t epoch) const {
    return {pictures_, normalise_,
            pipeline,  static_cast<std::uint64_t>(recipe_.training.seed),
            epoch,     training::outputs(recipe_, dataset_)};
  }

  data::Batch batch(const data::Pipeline* pipeline, std::int64_t epoch) const {
    std::vector<data::Drawn> pictures;
    for (const std::size_t sample : samples_) pictures.push_back({sample});
    return data::prepare_batch(context(pipeline, epoch), pictures, std::atomic<bool>(false)).batch;
  }

  std::vector<std::string> drawn(const data::Pipeline& pipeline, std::int64_t epoch, std::size_t sample) const {
    const int side = static_cast<int>(recipe_.data.load_size.value_or(recipe_.data.image_size));
    Rng rng = data::augmentation_rng(context(&pipeline, epoch), {sample});
    std::vector<std::string> names;
    pipeline.apply(Image::zeros(side, side, CV_8UC3), rng, &names);
    return names;
  }

  Tile tile(const data::Pipeline* pipeline, std::int64_t epoch, std::size_t row, const data::Batch& batch) const {
    const std::vector<std::string> names =
        pipeline == nullptr ? std::vector<std::string>() : drawn(*pipeline, epoch, samples_[row]);
    return {picture_of(batch.images, static_cast<std::int64_t>(row), preparation_),
            names.empty() ? "unchanged" : fmt::format("{}", fmt::join(names, ", "))};
  }

  std::string name_of(std::size_t sample) const {
    return std::filesystem::path(dataset_.train.samples[sample].name).filename().string();
  }

  const recipe::Recipe& recipe_;
  data::Dataset dataset_;
  data::Preparation preparation_;
  data::Pictures pictures_;
  data::Normaliser normalise_;
  std::vector<std::size_t> samples_;
};

void show(const PreviewOptions& options, const Global& global) {
  if (std::filesystem::path(options.out).extension() != ".png")
    throw Error(fmt::format("--out {}: expected a file that ends in .png", options.out), Fault::usage);
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  const training::Curriculum curriculum(recipe);
  const std::int64_t first = options.epoch ? *options.epoch - 1 : curriculum.first_augmented();
  const Preview preview(recipe, options.pictures);
  std::vector<std::vector<Tile>> rows = preview.rows();
  if (options.each) {
    const int side = static_cast<int>(recipe.data.image_size);
    for (const recipe::ComponentRecipe& augment : recipe.augment)
      preview.add_first_change(data::make_pipeline({augment}, side, {.fold = recipe.data.fold_augment, .output = {side, side}}),
                               rows);
  } else {
    for (std::int64_t i = 0; i < options.draws; ++i) preview.add_draw(curriculum.augmentation(first + i), first + i, rows);
  }
  const std::string png = results::contact_sheet(rows);
  weights::write_whole_file(options.out, std::array{std::string_view(png)});
  if (global.json)
    print({{"file", options.out}, {"pictures", rows.size()}, {"columns", rows.front().size()}});
  else if (!global.quiet)
    fmt::print("{}: {} pictures, each as it is and {}\n", options.out, rows.size(),
               options.each ? fmt::format("through each of {} augmentations alone", recipe.augment.size())
                            : fmt::format("as epochs {} to {} show it", first + 1, first + options.draws));
}

}  // namespace

void add_preview(CLI::App& app, Global& global) {
  auto options = std::make_shared<PreviewOptions>();
  CLI::App* const command = app.add_subcommand("preview", "a PNG sheet of training pictures as the model sees them");
  options->recipe.add_to(*command);
  command->add_option("--out", options->out, "where the sheet goes (default preview.png)")->type_name("FILE");
  command->add_option("--pictures", options->pictures, "how many (default 4)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{64}))
      ->type_name("N");
  command->add_option("--draws", options->draws, "how often each is augmented (default 6)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{64}))
      ->type_name("N");
  command->add_option("--epoch", options->epoch, "the first that is shown, from 1 (default: the first that is augmented)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
  command->add_flag("--each", options->each, "each augmentation alone");
  command->fallthrough();
  command->callback([options, &global] { show(*options, global); });
}

}  // namespace aviary::commands
