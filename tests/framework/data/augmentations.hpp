// Augmentations made of a function, for tests.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <aviary/augmentation.hpp>

#include "data/pipeline.hpp"

namespace aviary::data {

using Draw = std::function<Action(cv::Size size, Rng& rng)>;

class DrawnBy final : public Augmentation {
 public:
  explicit DrawnBy(Draw draw) : draw_(std::move(draw)) {}
  Action draw(cv::Size size, Rng& rng) const override { return draw_(size, rng); }

 private:
  Draw draw_;
};

inline Pipeline pipeline(const std::vector<Draw>& draws, bool fold = true) {
  std::vector<std::unique_ptr<Augmentation>> augmentations;
  for (const Draw& draw : draws) augmentations.push_back(std::make_unique<DrawnBy>(draw));
  return {std::move(augmentations), {.fold = fold}};
}

inline Warp flip(cv::Size size) { return {{-1, 0, size.width - 1.0, 0, 1, 0}, size, {}}; }

inline Warp crop(cv::Rect part) {
  return {{1, 0, static_cast<double>(part.x), 0, 1, static_cast<double>(part.y)}, part.size(), {}};
}

}  // namespace aviary::data
