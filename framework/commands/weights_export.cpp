#include <memory>

#include <fmt/format.h>

#include <aviary/model.hpp>

#include "commands/command.hpp"
#include "network/torchscript.hpp"
#include "results/run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/compute.hpp"

namespace aviary::commands {
namespace {

struct Options {
  std::string run;
  std::string file;
  bool normalise = false;
};

void export_weights(const Options& options, const Global& global) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  const std::filesystem::path checkpoint = run.checkpoint();
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(run.recipe_file().string(), {}, catalogue);
  training::set_compute_threads({});
  const std::map<std::string, std::string> metadata = training::load_metadata(checkpoint);
  const auto classes = nlohmann::json::parse(metadata.at("classes")).get<std::vector<std::string>>();
  const std::int64_t outputs = recipe.data.classes.value_or(std::ssize(classes));
  const auto model = training::make_model(recipe, outputs);
  training::load_weights(checkpoint / "model.safetensors", *model, classes);

  std::optional<network::Normalisation> normalisation;
  const data::Preparation preparation = data::Preparation::from(recipe.data);
  if (options.normalise) normalisation = {preparation.mean, preparation.std};
  const std::int64_t side = preparation.image_size;
  plugins::guarded(recipe.model.callee, [&] {
    network::save_torchscript(options.file, *model, {3, side, side}, normalisation, metadata);
  });

  const std::string name = checkpoint.filename().string();
  if (global.json)
    print({{"checkpoint", name},
           {"file", options.file},
           {"image_size", side},
           {"normalised", options.normalise},
           {"outputs", outputs}});
  else
    print_columns({{"checkpoint", name},
                   {"file", options.file},
                   {"takes", fmt::format("N x 3 x {0} x {0}, red, green and blue {1}", side,
                                         options.normalise ? "from 0 to 1" : "normalised as in training")},
                   {"gives", fmt::format("N x {} logits", outputs)}});
}

}  // namespace

void add_weights_export(CLI::App& weights, Global& global) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = weights.add_subcommand("export", "write a run's model as TorchScript, for torch.jit.load");
  command->add_option("RUN", options->run, "a run folder, or one of its checkpoints: RUN/checkpoints/epoch-0012")->required();
  command->add_option("FILE", options->file, "the file to write: model.ts")->required();
  command->add_flag("--normalise", options->normalise, "let the model itself subtract the mean and divide by the deviation");
  command->fallthrough();
  command->callback([options, &global] { export_weights(*options, global); });
}

}  // namespace aviary::commands
