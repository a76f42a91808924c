#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/file_names.hpp"
#include "commands/interrupt.hpp"
#include "data/csv_rows.hpp"
#include "data/picture_files.hpp"
#include "results/prediction.hpp"
#include "results/printable.hpp"
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
  std::string precision = "fp32";
  std::optional<int> top;
  bool logits = false;
  bool csv = false;
  ComputeOptions compute;
  std::optional<int> workers;
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

results::NextFiles next_files(const std::vector<std::string>& files) {
  if (files != std::vector<std::string>{"-"}) return results::in_turn(pictures(files));
  return [names = FileNames(STDIN_FILENO)](std::size_t most, bool wait) mutable { return names.next(most, wait); };
}

struct Guess {
  std::string name;
  double probability;
};

// The likeliest first, of equal ones in the order of the classes.
std::vector<Guess> best_guesses(const results::Prediction& prediction, const training::TrainedModel& trained, int count) {
  const std::vector<double> shares = results::probabilities(prediction.logits);
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t output) { return shares[output]; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  std::vector<Guess> guesses;
  for (const std::size_t output : order)
    guesses.push_back({trained.class_name(static_cast<std::int64_t>(output)), shares[output]});
  return guesses;
}

// One line for each prediction; where a picture cannot be read, text and CSV have none.
class Printer {
 public:
  Printer(const PredictOptions& options, const training::TrainedModel& trained, Global& global)
      : options_(options), trained_(trained), global_(global), top_(options.top.value_or(global.json ? 5 : 1)) {}

  void operator()(const results::Prediction& prediction) {
    if (!prediction.error.empty()) global_.exit_code = failed;
    if (global_.json) {
      print_as_json(prediction);
    } else if (!prediction.error.empty()) {
      fmt::print(stderr, "{}: {}\n", results::printable(prediction.file.string()), prediction.error);
    } else if (options_.csv) {
      print_as_csv(prediction);
    } else {
      print_as_text(prediction);
    }
    std::fflush(stdout);  // whoever reads a pipe may wait for it
  }

 private:
  void print_as_json(const results::Prediction& prediction) const {
    if (!prediction.error.empty()) return print({{"file", prediction.file.string()}, {"error", prediction.error}});
    const std::vector<Guess> guesses = best_guesses(prediction, trained_, top_);
    auto top = nlohmann::ordered_json::array();
    for (const Guess& guess : guesses) top.push_back({{"class", guess.name}, {"probability", guess.probability}});
    nlohmann::ordered_json json = {{"file", prediction.file.string()},
                                   {"class", guesses.front().name},
                                   {"probability", guesses.front().probability},
                                   {"top", std::move(top)}};
    if (options_.logits) json["logits"] = prediction.logits;
    print(json);
  }

  void print_as_text(const results::Prediction& prediction) const {
    fmt::print("{}", results::printable(prediction.file.string()));
    for (const Guess& guess : best_guesses(prediction, trained_, top_))
      fmt::print("\t{}\t{:.4f}", guess.name, guess.probability);
    if (options_.logits)
      for (const double logit : prediction.logits) fmt::print("\t{}", logit);
    fmt::print("\n");
  }

  void print_as_csv(const results::Prediction& prediction) {
    const std::vector<Guess> guesses = best_guesses(prediction, trained_, top_);
    if (!std::exchange(header_printed_, true)) print_header(guesses.size(), prediction.logits.size());
    fmt::print("{}", data::csv_field(prediction.file.string()));
    for (const Guess& guess : guesses) fmt::print(",{},{}", data::csv_field(guess.name), guess.probability);
    if (options_.logits)
      for (const double logit : prediction.logits) fmt::print(",{}", logit);
    fmt::print("\n");
  }

  void print_header(std::size_t guesses, std::size_t outputs) const {
    fmt::print("file,class,probability");
    for (std::size_t i = 2; i <= guesses; ++i) fmt::print(",class_{0},probability_{0}", i);
    if (options_.logits)
      for (std::size_t i = 0; i < outputs; ++i)
        fmt::print(",{}", data::csv_field("logit of " + trained_.class_name(static_cast<std::int64_t>(i))));
    fmt::print("\n");
  }

  const PredictOptions& options_;
  const training::TrainedModel& trained_;
  Global& global_;
  int top_;
  bool header_printed_ = false;
};

void predict(const PredictOptions& options, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const int threads = options.compute.choose();
  const training::TrainedModel trained = open_model(options, catalogue);
  const std::atomic<bool>& stop = catch_interrupts();
  const training::Autocast autocast(options.precision);
  results::predict(*trained.model, trained.callee, trained.preparation, next_files(options.files),
                   options.workers.value_or(std::min(threads, 4)), stop, Printer(options, trained, global));
  if (stop) global.exit_code = interrupted;
}

}  // namespace

void add_predict(CLI::App& app, Global& global) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* const command = app.add_subcommand("predict", "class and probability of pictures");
  command->add_option("SOURCE", options->source, "a run or checkpoint, a model.safetensors of ours, or a recipe")
      ->required()
      ->type_name("RUN");
  command
      ->add_option("FILES", options->files, "pictures and folders of pictures; - reads names from standard input, one a line")
      ->required();
  command->add_option("--weights", options->weights, "weights for a recipe: a run or checkpoint, .safetensors, .pt or .pth")
      ->type_name("FILE");
  command->add_option("--set", options->set, "override a key of the recipe (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--top", options->top, "so many classes, the likeliest first (default 1, with --json 5)")
      ->check(CLI::PositiveNumber)
      ->type_name("K");
  command->add_flag("--logits", options->logits, "the model's raw outputs, too");
  command->add_flag("--csv", options->csv, "a table with a header instead of columns between tabs");
  add_precision(*command, options->precision);
  options->compute.add_to(*command);
  add_count(*command, "--workers", options->workers, "threads that prepare pictures");
  command->footer("aviary predict runs/first pictures --top 3");
  command->fallthrough();
  command->callback([options, &global] { predict(*options, global); });
}

}  // namespace aviary::commands
