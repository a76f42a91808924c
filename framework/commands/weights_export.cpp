#include <array>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <aviary/model.hpp>

#include "commands/command.hpp"
#include "network/torchscript.hpp"
#include "results/run_folder.hpp"
#include "training/compute.hpp"
#include "training/trained_model.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct WeightsExportOptions {
  std::string source;
  std::string file;
  bool normalise = false;
};

void export_weights(const WeightsExportOptions& options, const Global& global) {
  const fs::path weights = results::weights_file(options.source);
  plugins::Catalogue catalogue = global.catalogue();
  const training::TrainedModel trained = training::read_trained_model(weights, catalogue);
  training::set_compute_threads(1);
  std::optional<network::Normalisation> normalisation;
  if (options.normalise) normalisation = {trained.preparation.mean, trained.preparation.std};
  const std::int64_t side = trained.preparation.image_size;
  const std::map<std::string, std::string> metadata = {{"classes", nlohmann::json(trained.classes).dump()},
                                                       {"preparation", trained.preparation.to_json().dump()}};
  const std::string bytes = plugins::guarded(trained.callee, [&] {
    return network::torchscript(*trained.model, {3, side, side}, normalisation, metadata);
  });
  weights::write_whole_file(options.file, std::array{std::string_view(bytes)});

  if (global.json)
    print({{"weights", weights.string()}, {"file", options.file}, {"image_size", side}, {"normalised", options.normalise}});
  else
    print_columns({{"weights", weights.string()},
                   {"file", options.file},
                   {"takes", fmt::format("N x 3 x {0} x {0}, red, green and blue {1}", side,
                                         options.normalise ? "from 0 to 1" : "normalised as in training")},
                   {"gives", fmt::format("logits of {} classes", trained.classes.size())}});
}

}  // namespace

void add_weights_export(CLI::App& weights, Global& global) {
  auto options = std::make_shared<WeightsExportOptions>();
  CLI::App* const command = weights.add_subcommand("export", "write a run's model as TorchScript, for torch.jit.load");
  command->add_option("SOURCE", options->source, "a run or checkpoint, or a model.safetensors of ours")
      ->required()
      ->type_name("RUN");
  command->add_option("FILE", options->file, "the file to write: model.ts")->required();
  command->add_flag("--normalise", options->normalise, "let the model itself subtract the mean and divide by the deviation");
  command->footer("aviary weights export runs/first first.ts");
  command->fallthrough();
  command->callback([options, &global] { export_weights(*options, global); });
}

}  // namespace aviary::commands
