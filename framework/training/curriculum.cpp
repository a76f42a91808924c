#include "training/curriculum.hpp"

#include <cstddef>
#include <string>

#include "recipe/curriculum.hpp"

namespace aviary::training {

Curriculum::Curriculum(const recipe::Recipe& recipe)
    : balanced_(recipe.data.sampling == "balanced"), phases_(recipe.curriculum) {
  const int side = static_cast<int>(recipe.data.image_size);
  for (const recipe::Phase& phase : phases_)
    pipelines_.push_back(data::make_pipeline(phase.augment.value_or(recipe.augment), recipe.data.image_size,
                                             {recipe.data.fold_augment, {side, side}, phase.strength}));
}

const data::Pipeline* Curriculum::augmentation(std::int64_t epoch) const {
  const auto [phase, within] = recipe::phase_epoch(phases_, epoch);
  return phases_[phase].augmented(within) ? &pipelines_[phase] : nullptr;
}

data::Sampling Curriculum::sampling(std::int64_t epoch) const {
  return {.balanced = balanced_, .epoch_fraction = phases_[recipe::phase_epoch(phases_, epoch).phase].epoch_fraction};
}

std::int64_t Curriculum::first_augmented() const {
  std::int64_t before = 0;
  for (const recipe::Phase& phase : phases_) {
    const std::size_t within = phase.strength > 0 ? phase.pattern.find('A') : std::string::npos;
    const auto epoch = static_cast<std::int64_t>(within);
    if (within != std::string::npos && (phase.epochs == 0 || epoch < phase.epochs)) return before + epoch;
    before += phase.epochs;
  }
  return 0;
}

void Curriculum::start(data::Loader& loader, std::int64_t epoch, std::int64_t first_batch) const {
  loader.start(epoch, data::Order::shuffled, augmentation(epoch), first_batch, sampling(epoch));
}

}  // namespace aviary::training
