#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "data/picture_files.hpp"
#include "results/prediction.hpp"
#include "results/run_folder.hpp"
#include "training/compute.hpp"
#include "training/trained_model.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

struct PredictOptions {
  std::string source;
  std::vector<std::string> files;
  std::string weights;
  std::vector<std::string> set;
  bool logits = false;
  std::optional<int> threads;
};

bool is_recipe(const std::string& source) {
  if (fs::is_directory(source) || source.ends_with(".safetensors")) return false;
  try {
    recipe::find_recipe(source);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A run, a model.safetensors of ours, or a recipe with weights from elsewhere.
training::TrainedModel open_model(const PredictOptions& options, plugins::Catalogue& catalogue) {
  if (!is_recipe(options.source))
    return training::read_trained_model(results::weights_file(options.weights.empty() ? options.source : options.weights),
                                        catalogue);
  const recipe::Recipe recipe = recipe::read_recipe(options.source, options.set, catalogue);
  if (options.weights.empty() && !recipe.start.weights)
    throw Error(fmt::format("{} is a recipe; predicting with it needs --weights FILE", options.source), Fault::usage);
  return training::model_with_weights(recipe,
                                      results::weights_file(options.weights.empty() ? *recipe.start.weights : options.weights));
}

std::vector<fs::path> pictures(const std::vector<std::string>& files) {
  std::vector<fs::path> all;
  for (const std::string& file : files) {
    if (!fs::is_directory(file)) {
      all.emplace_back(file);
      continue;
    }
    const std::vector<fs::path> below = data::pictures_below(file);
    if (below.empty()) throw Error(fmt::format("{} holds no pictures", file), Fault::usage);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

std::string name_of(const training::TrainedModel& trained, std::size_t output) {
  return output < trained.classes.size() ? trained.classes[output] : std::to_string(output);
}

void print_as_json(const results::Prediction& prediction, const training::TrainedModel& trained, bool with_logits) {
  if (!prediction.error.empty()) return print({{"file", prediction.file.string()}, {"error", prediction.error}});
  const std::vector<double> shares = results::probabilities(prediction.logits);
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t output) { return shares[output]; });
  auto top = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min<std::size_t>(5, order.size()); ++i)
    top.push_back({{"class", name_of(trained, order[i])}, {"probability", shares[order[i]]}});
  nlohmann::ordered_json json = {{"file", prediction.file.string()},
                                 {"class", name_of(trained, order[0])},
                                 {"probability", shares[order[0]]},
                                 {"top", std::move(top)}};
  if (with_logits) json["logits"] = prediction.logits;
  print(json);
}

void print_as_text(const results::Prediction& prediction, const training::TrainedModel& trained, bool with_logits) {
  if (!prediction.error.empty()) {
    fmt::print(stderr, "{}: {}\n", prediction.file.string(), prediction.error);
    return;
  }
  const std::vector<double> shares = results::probabilities(prediction.logits);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(shares) - shares.begin());
  fmt::print("{}\t{}\t{:.4f}", prediction.file.string(), name_of(trained, best), shares[best]);
  if (with_logits)
    for (const double logit : prediction.logits) fmt::print("\t{}", logit);
  fmt::print("\n");
}

void predict(const PredictOptions& options, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const training::TrainedModel trained = open_model(options, catalogue);
  training::set_compute_threads(options.threads);
  const std::atomic<bool>& stop = catch_interrupts();
  results::predict(*trained.model, trained.callee, trained.preparation, pictures(options.files), stop,
                   [&](const results::Prediction& prediction) {
                     if (!prediction.error.empty()) global.exit_code = failed;
                     (global.json ? print_as_json : print_as_text)(prediction, trained, options.logits);
                   });
  if (stop) global.exit_code = interrupted;
}

}  // namespace

void add_predict(CLI::App& app, Global& global) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* const command = app.add_subcommand("predict", "class and probability of pictures");
  command->add_option("SOURCE", options->source, "a run or checkpoint, a model.safetensors of ours, or a recipe")->required();
  command->add_option("FILES", options->files, "pictures, and folders of pictures")->required();
  command->add_option("--weights", options->weights, "weights for a recipe: a run or checkpoint, .safetensors, .pt or .pth")
      ->type_name("FILE");
  command->add_option("--set", options->set, "override a key of the recipe (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--logits", options->logits, "the model's raw outputs, too");
  add_count(*command, "--threads", options->threads, "compute threads (default: the cores)");
  command->fallthrough();
  command->callback([options, &global] { predict(*options, global); });
}

}  // namespace aviary::commands
