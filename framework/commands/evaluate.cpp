#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "results/evaluation.hpp"
#include "results/run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"

namespace aviary::commands {
namespace {

struct EvaluateOptions {
  std::string run;
  std::string split;
  bool ema = false;
  std::string data;
  std::optional<int> threads;
  std::optional<int> workers;
};

const data::Split& chosen_split(const data::Dataset& dataset, const std::string& name) {
  const data::Split* const splits[] = {&dataset.test, &dataset.validation, &dataset.train};
  if (name.empty()) {
    for (const data::Split* const split : splits)
      if (!split->samples.empty()) return *split;
  }
  const data::Split& split = name == "test" ? dataset.test : name == "validation" ? dataset.validation : dataset.train;
  if (split.samples.empty()) throw Error(fmt::format("the data has no {} part", name), Fault::usage);
  return split;
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

void print_evaluation(const results::Evaluation& evaluation, const data::Split& split, const data::Dataset& dataset,
                      const std::string& checkpoint, bool per_class) {
  print_columns({{"checkpoint", checkpoint},
                 {"split", split.name},
                 {"pictures", std::to_string(evaluation.scores.pictures)},
                 {"top-1", percent(evaluation.scores.top1)},
                 {"top-5", percent(evaluation.top5)},
                 {"loss", fmt::format("{:.6f}", evaluation.scores.loss)},
                 {"macro F1", percent(evaluation.macro_f1)}});
  if (!per_class) return;
  std::vector<std::vector<std::string>> rows = {{"\nclass", "pictures", "precision", "recall", "F1"}};
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    const results::ClassScores& scores = evaluation.classes[i];
    rows.push_back({dataset.classes[i], std::to_string(scores.pictures), percent(scores.precision), percent(scores.recall),
                    percent(scores.f1)});
  }
  print_columns(rows);
}

nlohmann::ordered_json evaluation_json(const results::Evaluation& evaluation, const data::Split& split,
                                       const data::Dataset& dataset, const std::string& checkpoint) {
  nlohmann::ordered_json json = {
      {"checkpoint", checkpoint},       {"split", split.name},     {"pictures", evaluation.scores.pictures},
      {"top1", evaluation.scores.top1}, {"top5", evaluation.top5}, {"loss", evaluation.scores.loss},
      {"macro_f1", evaluation.macro_f1}};
  auto classes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    const results::ClassScores& scores = evaluation.classes[i];
    classes.push_back({{"class", dataset.classes[i]},
                       {"pictures", scores.pictures},
                       {"precision", scores.precision},
                       {"recall", scores.recall},
                       {"f1", scores.f1}});
  }
  json["classes"] = std::move(classes);
  return json;
}

void evaluate(const EvaluateOptions& options, bool per_class, Global& global) {
  const results::RunFolder run = results::RunFolder::open(options.run);
  const std::filesystem::path checkpoint = run.checkpoint();
  plugins::Catalogue catalogue = global.catalogue();
  std::vector<std::string> settings;
  if (!options.data.empty()) settings.push_back("data.path=" + to_toml(Value(options.data)));
  const recipe::Recipe recipe = recipe::read_recipe(run.recipe_file().string(), settings, catalogue);
  const int threads = training::set_compute_threads(options.threads);
  const data::Dataset dataset = data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
  const auto model = training::make_model(recipe, training::outputs(recipe, dataset));
  training::load_weights(checkpoint / (options.ema ? "ema.safetensors" : "model.safetensors"), *model, dataset.classes);
  const data::Split& split = chosen_split(dataset, options.split);
  data::Loader loader(split, data::Preparation::from(recipe.data),
                      {.batch_size = recipe.data.batch_size,
                       .workers = options.workers.value_or(std::min(threads, 4)),
                       .cache = recipe.data.cache == "disk" ? data::chosen_cache(recipe.data, dataset) : data::Cache::none});
  const auto evaluation = results::evaluate(*model, recipe.model.callee, loader,
                                            {.limit_batches = {}, .check_repeatable = true}, catch_interrupts());
  for (const data::BadPicture& bad : loader.bad_pictures()) fmt::print(stderr, "{}\n", data::left_out(bad));
  if (!evaluation) {
    global.exit_code = interrupted;
    return;
  }
  const std::string name = checkpoint.filename().string();
  if (global.json)
    print(evaluation_json(*evaluation, split, dataset, name));
  else
    print_evaluation(*evaluation, split, dataset, name, per_class);
}

}  // namespace

void add_evaluate(CLI::App& app, Global& global) {
  auto options = std::make_shared<EvaluateOptions>();
  auto per_class = std::make_shared<bool>(false);
  CLI::App* const command = app.add_subcommand("evaluate", "score a run's best checkpoint on a split");
  command->add_option("RUN", options->run, "a run folder, or one of its checkpoints: RUN/checkpoints/epoch-0012")->required();
  command->add_option("--split", options->split, "train, validation or test (default: test, else validation)")
      ->check(CLI::IsMember({"train", "validation", "test"}));
  command->add_flag("--ema", options->ema, "the averaged weights that [ema] kept");
  command->add_option("--data", options->data, "the data's folder, over the recipe's")->type_name("DIR");
  command->add_flag("--per-class", *per_class, "precision, recall and F1 of every class, too");
  add_count(*command, "--threads", options->threads, "compute threads (default: the cores)");
  add_count(*command, "--workers", options->workers, "threads that prepare pictures");
  command->fallthrough();
  command->callback([options, per_class, &global] { evaluate(*options, *per_class, global); });
}

}  // namespace aviary::commands
