#include <array>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "results/contact_sheet.hpp"
#include "training/curriculum.hpp"
#include "training/preview.hpp"
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

void show(const PreviewOptions& options, const Global& global) {
  if (std::filesystem::path(options.out).extension() != ".png")
    throw Error(fmt::format("--out {}: expected a file that ends in .png", options.out), Fault::usage);
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(options.recipe.recipe, options.recipe.settings(), catalogue);
  const training::Curriculum curriculum(recipe);
  const std::int64_t first = options.epoch ? *options.epoch - 1 : curriculum.first_augmented();
  const data::Dataset dataset = data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
  const training::Preview preview(recipe, dataset, options.pictures);
  std::vector<std::vector<results::Tile>> rows = preview.rows();
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
  command->footer("aviary preview demo/fashion-mnist --out preview.png");
  command->fallthrough();
  command->callback([options, &global] { show(*options, global); });
}

}  // namespace aviary::commands
