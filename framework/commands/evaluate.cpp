#include <memory>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/evaluation.hpp"
#include "commands/interrupt.hpp"
#include "commands/members.hpp"
#include "results/evaluation_files.hpp"

namespace aviary::commands {
namespace {

struct EvaluateOptions {
  MemberOptions members;
  std::string split;
  std::string folder;
  std::string csv;
  bool per_class = false;
};

const data::Split& chosen_split(const data::Dataset& dataset, const std::string& name) {
  const data::Split* const splits[] = {&dataset.test, &dataset.validation, &dataset.train};
  if (name.empty()) {
    for (const data::Split* const split : splits)
      if (!split->samples.empty()) return *split;
  }
  const data::Split& split = training::split_called(dataset, name);
  if (split.samples.empty()) throw Error(fmt::format("the data has no {} part", name), Fault::usage);
  return split;
}

std::vector<std::string> output_names(const training::TrainedModel& trained, std::int64_t outputs) {
  std::vector<std::string> names;
  for (std::int64_t output = 0; output < outputs; ++output) names.push_back(trained.class_name(output));
  return names;
}

void evaluate(const EvaluateOptions& options, Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const std::vector<training::Member> members = options.members.open(catalogue);
  std::optional<data::Dataset> dataset;
  data::Split folder;
  if (options.folder.empty())
    dataset = training::open_members_data(members);
  else
    folder = data::list_class_folders(options.folder, members.front().trained.classes);
  const data::Split& split = dataset ? chosen_split(*dataset, options.split) : folder;
  if (dataset) training::check_same_pictures(members, split);
  const auto together = ask_together(options.members, members, split, dataset, catch_interrupts());
  if (!together) {
    global.exit_code = interrupted;
    return;
  }
  EvaluationResult result{.evaluation = results::score(together->outputs),
                          .split = split,
                          .classes = output_names(members.front().trained, together->outputs.logits.size(1)),
                          .checkpoint = members.front().checkpoint,
                          .members = {}};
  for (std::size_t i = 0; members.size() > 1 && i < members.size(); ++i)
    result.members.push_back({members[i], together->weights[i], results::score(together->members[i])});
  if (!options.csv.empty()) results::write_evaluation(result.evaluation, split, result.classes, options.csv);
  if (global.json)
    print(evaluation_json(result));
  else
    print_evaluation(result, options.per_class);
}

}  // namespace

void add_evaluate(CLI::App& app, Global& global) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* const command = app.add_subcommand("evaluate", "score a run, or several together, on a split");
  options->members.add_to(*command);
  command->add_option("--split", options->split, "train, validation or test (default: test, else validation)")
      ->check(CLI::IsMember({"train", "validation", "test"}))
      ->type_name("PART");
  command->add_option("--folder", options->folder, "score these pictures instead: a folder that holds a folder per class")
      ->excludes("--split")
      ->type_name("DIR");
  command->add_flag("--per-class", options->per_class, "precision, recall and F1 of every class, too");
  command->add_option("--csv", options->csv, "write classes.csv, confusion.csv and pictures.csv into this folder")
      ->type_name("DIR");
  command->footer("aviary evaluate runs/first --split validation\naviary evaluate runs/first runs/second");
  command->fallthrough();
  command->callback([options, &global] { evaluate(*options, global); });
}

}  // namespace aviary::commands
