#include "training/members.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "results/evaluation.hpp"
#include "results/run_folder.hpp"
#include "training/checkpoint.hpp"

namespace aviary::training {
namespace {

data::Dataset open_data(const recipe::Recipe& recipe) {
  return data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed));
}

}  // namespace

const data::Split& split_called(const data::Dataset& dataset, const std::string& name) {
  return name == "test" ? dataset.test : name == "validation" ? dataset.validation : dataset.train;
}

std::vector<Member> open_members(const std::vector<std::string>& runs, bool ema, const std::vector<std::string>& settings,
                                 plugins::Catalogue& catalogue) {
  std::vector<Member> members;
  for (const std::string& name : runs) {
    const results::RunFolder run = results::RunFolder::open(name);
    const std::filesystem::path checkpoint = run.checkpoint();
    const std::filesystem::path file = checkpoint / (ema ? "ema.safetensors" : "model.safetensors");
    members.push_back({name, checkpoint.filename().string(),
                       recipe::read_recipe(run.recipe_file().string(), settings, catalogue),
                       read_trained_model(file, catalogue)});
    if (members.back().trained.classes != members.front().trained.classes)
      throw Error(fmt::format("{} was trained for other classes than {}; expected runs of the same classes in the same order",
                              name, runs.front()),
                  Fault::usage);
  }
  return members;
}

data::Dataset open_members_data(const std::vector<Member>& members) {
  const Member& first = members.front();
  data::Dataset dataset = open_data(first.recipe);
  compare_classes(first.trained.classes, dataset.classes, first.run);
  return dataset;
}

void check_same_pictures(const std::vector<Member>& members, const data::Split& split) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    const data::Dataset dataset = open_data(members[i].recipe);
    if (std::ranges::equal(split_called(dataset, split.name).samples, split.samples, {}, &data::Sample::name,
                           &data::Sample::name))
      continue;
    throw Error(fmt::format("the {} part of {} holds other pictures than that of {}, which may have been trained on them; "
                            "choose another --split, or give pictures that none has seen with --folder",
                            split.name, members[i].run, members.front().run),
                Fault::usage);
  }
}

std::optional<Answers> ask(const std::vector<Member>& members, const data::Split& split, const AskOptions& options,
                           const std::atomic<bool>& stop) {
  Answers answers;
  for (const Member& member : members) {
    const auto& [model, callee, classes, preparation] = member.trained;
    data::Preparation larger = preparation;
    larger.image_size = options.views.picture_size(preparation.image_size);
    data::Loader loader(split, larger,
                        {.batch_size = member.recipe.data.batch_size, .workers = options.workers, .cache = options.cache});
    auto outputs = results::outputs_of(*model, callee, loader,
                                       {.limit_batches = {}, .check_repeatable = true, .views = options.views}, stop);
    answers.left_out = loader.bad_pictures();
    if (!outputs) return std::nullopt;
    results::require_pictures(*outputs);
    answers.outputs.push_back(std::move(*outputs));
  }
  return answers;
}

}  // namespace aviary::training
