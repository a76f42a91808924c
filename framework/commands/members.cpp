#include "commands/members.hpp"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "training/compute.hpp"

namespace aviary::commands {
namespace {

std::optional<std::vector<double>> weights_by_validation(const MemberOptions& options,
                                                         const std::vector<training::Member>& members,
                                                         const data::Dataset& dataset, const std::atomic<bool>& stop) {
  if (dataset.validation.samples.empty())
    throw Error(fmt::format("--combine {} weighs the runs by their validation part, and the data has none; expected one, or "
                            "--combine mean",
                            options.combine),
                Fault::usage);
  check_same_pictures(members, dataset.validation);
  const auto answers = training::ask(members, dataset.validation, options.ask_options(), stop);
  if (!answers) return std::nullopt;
  return results::weights_for(options.how(), answers->outputs);
}

}  // namespace

void MemberOptions::add_to(CLI::App& command) {
  command.add_option("RUN", runs, "run folders, or their checkpoints: RUN/epoch-12; several are asked together")->required();
  command.add_flag("--ema", ema, "the averaged weights that [ema] kept");
  command
      .add_option("--combine", combine,
                  "what each of several runs counts: mean (all alike), weighted (as makes the validation part's labels most "
                  "likely) or greedy (as picks that raise its top-1)")
      ->check(CLI::IsMember({"mean", "weighted", "greedy"}))
      ->type_name("HOW");
  command.add_option("--tta", tta, "average over views of each picture: flip, crop5, or flip,crop5")
      ->delimiter(',')
      ->check(CLI::IsMember({"flip", "crop5"}))
      ->type_name("VIEWS")
      ->allow_extra_args(false);
  command.add_option("--data", data, "the data's folder, over the recipes'")->type_name("DIR");
  add_precision(command, precision);
  compute.add_to(command);
  add_count(command, "--workers", workers, "threads that prepare pictures");
}

std::vector<training::Member> MemberOptions::open(plugins::Catalogue& catalogue) const {
  compute.choose();
  std::vector<std::string> settings;
  if (!data.empty()) settings.push_back("data.path=" + to_toml(Value(data)));
  return training::open_members(runs, ema, settings, catalogue);
}

training::AskOptions MemberOptions::ask_options() const {
  return {.workers = workers.value_or(std::min(at::get_num_threads(), 4)),
          .views = {.flip = std::ranges::count(tta, "flip") > 0, .crop5 = std::ranges::count(tta, "crop5") > 0}};
}

results::Combine MemberOptions::how() const {
  if (combine == "weighted") return results::Combine::weighted;
  return combine == "greedy" ? results::Combine::greedy : results::Combine::mean;
}

std::optional<Together> ask_together(const MemberOptions& options, const std::vector<training::Member>& members,
                                     const data::Split& split, const std::optional<data::Dataset>& dataset,
                                     const std::atomic<bool>& stop) {
  const training::Autocast autocast(options.precision);
  std::optional<std::vector<double>> weights;
  const bool on_itself = dataset && &split == &dataset->validation;
  if (options.how() != results::Combine::mean && members.size() > 1 && !on_itself) {
    weights = weights_by_validation(options, members, dataset ? *dataset : training::open_members_data(members), stop);
    if (!weights) return std::nullopt;
  }
  training::AskOptions ask = options.ask_options();
  const recipe::Data& settings = members.front().recipe.data;
  if (dataset && settings.cache == "disk" && ask.views.none()) ask.cache = data::chosen_cache(settings, *dataset);
  auto answers = training::ask(members, split, ask, stop);
  if (!answers) return std::nullopt;
  for (const data::BadPicture& bad : answers->left_out) fmt::print(stderr, "{}\n", data::left_out(bad));
  if (!weights) weights = results::weights_for(options.how(), answers->outputs);
  results::Outputs together = results::mean_outputs(answers->outputs, *weights);
  return Together{std::move(together), std::move(answers->outputs), std::move(*weights)};
}

}  // namespace aviary::commands
