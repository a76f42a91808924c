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
  void operator()(const Mix&) {}
  void operator()(const Warp& warp) { image = Image::zeros(warp.size, CV_8UC3); }
  void operator()(const Pixels& change) { image = change(image); }
  void operator()(const Then& then) {
    for (const Augmentation* const augmentation : then.augmentations) draw(*augmentation);
  }

  Image image;
  Rng& rng;
};

}  // namespace

std::vector<Complaint> augment_complaints(const Recipe& recipe) {
  const int side = static_cast<int>(recipe.data.load_size.value_or(recipe.data.image_size));
  Rng rng(0, {});
  Trial trial{Image::zeros(side, side, CV_8UC3), rng};
  std::vector<Complaint> complaints;
  for (const ComponentRecipe& augment : recipe.augment) {
    try {
      const auto augmentation = make<Augmentation>(augment, {recipe.data.image_size});
      plugins::guarded(augment.callee, [&] { trial.draw(*augmentation); });
    } catch (const Error& error) {
      complaints.push_back({augment.place, error.what()});
    }
  }
  return complaints;
}

}  // namespace aviary::recipe
