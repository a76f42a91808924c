#include "recipe/augment.hpp"

#include <memory>
#include <variant>

#include <aviary/augmentation.hpp>

namespace aviary::recipe {
namespace {

// Follows the size of a picture through what is drawn for it.
struct Trial {
  void draw(const Augmentation& augmentation) { std::visit(*this, augmentation.draw(image.size(), rng)); }

  void operator()(std::monostate) {}
  void operator()(const aviary::Table&) {}
  void operator()(const HsvTable&) {}
  void operator()(const Saturation&) {}
  void operator()(const Mix&) {}
  void operator()(const Warp& warp) { image = Image::zeros(warp.size, CV_8UC3); }
  void operator()(const Pixels& change) { image = change(image); }
  void operator()(const Then& then) {
    for (const Augmentation* const augmentation : then.augmentations) draw(*augmentation);
  }

  Image image;
  Rng& rng;
};

// One after the other, on an empty picture of the size that they will get.
void try_out(const std::vector<ComponentRecipe>& augmentations, const Data& data, std::vector<Complaint>& complaints) {
  const int side = static_cast<int>(data.load_size.value_or(data.image_size));
  Rng rng(0, {});
  Trial trial{Image::zeros(side, side, CV_8UC3), rng};
  for (const ComponentRecipe& augment : augmentations) {
    try {
      const auto augmentation = make<Augmentation>(augment, {data.image_size});
      plugins::guarded(augment.callee, [&] { trial.draw(*augmentation); });
    } catch (const Error& error) {
      complaints.push_back({augment.place, error.what()});
    }
  }
}

}  // namespace

std::vector<Complaint> augment_complaints(const Recipe& recipe) {
  std::vector<Complaint> complaints;
  try_out(recipe.augment, recipe.data, complaints);
  for (const Phase& phase : recipe.curriculum)
    if (phase.augment) try_out(*phase.augment, recipe.data, complaints);
  return complaints;
}

}  // namespace aviary::recipe
