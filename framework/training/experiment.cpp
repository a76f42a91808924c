#include "training/experiment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/jpeg_decoder.hpp>

#include "plugins/border.hpp"
#include "recipe/schedule.hpp"
#include "training/compute.hpp"

namespace aviary::training {
namespace {

// Training pictures of each output.
std::vector<std::int64_t> class_counts(const data::Dataset& dataset, std::int64_t outputs) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(outputs), 0);
  for (const data::Sample& sample : dataset.train.samples) ++counts[static_cast<std::size_t>(sample.label)];
  return counts;
}

void check_metric(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  if (!recipe.training.metric.starts_with("validation.") || !dataset.validation.samples.empty()) return;
  recipe::check_schedule(recipe, {recipe.training.epochs, std::nullopt});
  if (recipe.training.metric != recipe::Training().metric)
    throw Error(fmt::format("training.metric is {}, but the data has no validation part; set data.validation_fraction",
                            recipe.training.metric),
                Fault::usage);
}

std::int64_t count_steps(const recipe::Recipe& recipe, const data::Dataset& dataset, const Curriculum& curriculum,
                         int processes) {
  const std::int64_t pictures = recipe.data.batch_size * recipe.gradient.accumulate * processes;
  std::int64_t steps = 0;
  for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch)
    steps += data::epoch_batches(dataset.train.samples.size(), curriculum.sampling(epoch), pictures);
  return steps;
}

// What does on a GPU what `setting` leaves to it; null where the CPU does it. `part` is what it is built with.
template <class Interface>
std::shared_ptr<Interface> on_device(const std::string& setting, const std::string& value, const std::string& part,
                                     const std::optional<recipe::ComponentRecipe>& component,
                                     const typename Interface::Context& context) {
  if (value == "cpu") return nullptr;
  const std::string wanted = fmt::format("data.{} is \"device\", but ", setting);
  if (!component)
    throw Error(fmt::format("{}this installation was built without {}; set it to \"cpu\"", wanted, part), Fault::usage);
  std::shared_ptr<Interface> made = recipe::make<Interface>(*component, context);
  const std::string obstacle = plugins::guarded(component->callee, [&] { return made->obstacle(); });
  if (!obstacle.empty()) throw Error(fmt::format("{}{}; set it to \"cpu\"", wanted, obstacle), Fault::usage);
  return made;
}

}  // namespace

std::int64_t outputs(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  return recipe.data.classes.value_or(static_cast<std::int64_t>(dataset.classes.size()));
}

std::int64_t outputs(const recipe::Recipe& recipe) {
  if (recipe.data.classes) return *recipe.data.classes;
  if (!recipe.data.class_names.empty()) return std::ssize(recipe.data.class_names);
  return outputs(recipe, data::open_dataset(recipe.data, static_cast<std::uint64_t>(recipe.training.seed)));
}

Experiment::Experiment(const recipe::Recipe& from, const distributed::World& world)
    : dataset(data::open_dataset(from.data, static_cast<std::uint64_t>(from.training.seed))),
      preparation(data::Preparation::from(from.data)),
      curriculum(from),
      cache(data::chosen_cache(from.data, dataset, world.on_this_machine())),
      learner(from, outputs(from, dataset), count_steps(from, dataset, curriculum, world.size()),
              class_counts(dataset, outputs(from, dataset))),
      finisher{on_device<DeviceAugmenter>("augment_on", from.data.augment_on, "the CUDA Toolkit", from.augmenter,
                                          {preparation.mean, preparation.std}),
               compute_device()},
      decoder(on_device<JpegDecoder>("decode_on", from.data.decode_on, "the CUDA Toolkit's nvJPEG", from.decoder,
                                     {compute_device().has_index() ? compute_device().index() : 0})) {
  set_deterministic(recipe().training.deterministic);
  learner.join(world);
  check_metric(recipe(), dataset);
  for (const recipe::Complaint& warning : from.warnings) dataset.notices.push_back(to_string(warning));
}

data::LoaderOptions loader_options(const Experiment& experiment, const data::Split& split, int workers) {
  const recipe::Recipe& recipe = experiment.recipe();
  data::LoaderOptions options = {
      .batch_size = recipe.data.batch_size,
      .workers = workers,
      .seed = static_cast<std::uint64_t>(recipe.training.seed),
      .on_bad_image = recipe.data.on_bad_image == "stop" ? data::OnBadImage::stop : data::OnBadImage::skip,
      .outputs = experiment.learner.outputs,
      .cache = experiment.cache,
      .decoder = experiment.decoder,
      .pinned = !compute_device().is_cpu(),
      .share = {experiment.world().rank(), experiment.world().size()}};
  if (&split == &experiment.dataset.test && options.cache == data::Cache::memory)
    options.cache = data::Cache::none;  // read once
  if (&split == &experiment.dataset.train) {
    options.load_size = recipe.data.load_size;
    options.finisher = experiment.finisher;
  }
  return options;
}

}  // namespace aviary::training
