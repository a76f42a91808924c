#include "training/soup.hpp"

#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "recipe/difference.hpp"
#include "recipe/json.hpp"
#include "training/batch_statistics.hpp"
#include "training/checkpoint.hpp"
#include "training/weight_average.hpp"
#include "weights/model_state.hpp"
#include "weights/safetensors.hpp"

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace aviary::training {
namespace {

// What a checkpoint says of its weights.
recipe::Node description(const weights::Tensors& saved) {
  ordered_json json = ordered_json::object();
  for (const char* const key : {"model", "classes", "preparation"}) {
    const auto found = saved.metadata.find(key);
    if (found != saved.metadata.end()) json[key] = ordered_json::parse(found->second, nullptr, false);
  }
  return recipe::from_json(json, {});
}

std::string text(const recipe::Change& change) {
  constexpr std::size_t long_text = 40;
  if (change.before.size() > long_text || change.after.size() > long_text) return change.key;
  const auto or_nothing = [](const std::string& value) { return value.empty() ? std::string("nothing") : value; };
  return fmt::format("{} ({}, not {})", change.key, or_nothing(change.after), or_nothing(change.before));
}

void compare(const recipe::Node& first, const recipe::Node& other, const fs::path& first_file, const fs::path& file) {
  std::vector<std::string> differences;
  for (const recipe::Change& change : recipe::difference(first, other)) differences.push_back(text(change));
  if (!differences.empty())
    throw Error(fmt::format("{} differs from {} in {}; expected weights of one network, trained for the same classes",
                            file.string(), first_file.string(), fmt::join(differences, ", ")),
                Fault::usage);
}

}  // namespace

void average_weights(Experiment& experiment, const std::vector<fs::path>& files) {
  Model& model = *experiment.learner.model;
  WeightAverage average(model);
  recipe::Node first;
  for (const fs::path& file : files) {
    const weights::Tensors saved = weights::load_safetensors(file);
    if (average.updates == 0)
      first = description(saved);
    else
      compare(first, description(saved), files.front(), file);
    load_weights(file, model, experiment.dataset.classes);
    const auto before = static_cast<double>(average.updates);
    average.update(model, before / (before + 1));
  }
  weights::restore(average.state(), weights::state_of(model), files.front(), "the recipe's model");
}

bool renew_batch_statistics(Experiment& experiment, int workers, const std::atomic<bool>& stop) {
  data::Loader loader(experiment.dataset.train, experiment.preparation,
                      loader_options(experiment, experiment.dataset.train, workers));
  const std::int64_t epoch = experiment.recipe().training.epochs;  // none that was trained
  experiment.curriculum.start(loader, epoch);
  return compute_batch_statistics(experiment.learner, loader, epoch, loader.batches(), stop);
}

}  // namespace aviary::training
