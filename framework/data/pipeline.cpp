#include "data/pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <aviary/augment/pixels.hpp>
#include <aviary/augment/warps.hpp>

#include "data/warping.hpp"

namespace aviary::data {
namespace {

Table compose(const Table& first, const Table& second) {
  Table both;
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value)
      both.values[channel][value] = second.values[channel][first.values[channel][value]];
  return both;
}

bool composable(const Warp& first, const Warp& second) {
  return first.interpolation == second.interpolation && (!first.border || !second.border || first.border == second.border);
}

// The last picture's pixels are looked up in the one between, and those in the source.
Warp compose(const Warp& first, const Warp& second) {
  const cv::Matx23d& a = first.to_source;
  const cv::Matx23d& b = second.to_source;
  const cv::Matx33d square(b(0, 0), b(0, 1), b(0, 2), b(1, 0), b(1, 1), b(1, 2), 0, 0, 1);
  return {a * square, second.size, first.border ? first.border : second.border, first.interpolation};
}

// Whether the channel's values lie on a straight line, but for rounding and clipping.
bool straight(const std::array<std::uint8_t, 256>& values) {
  int first = 0;
  int last = 255;
  while (first < 255 && values[static_cast<std::size_t>(first) + 1] == values[0]) ++first;
  while (last > first && values[static_cast<std::size_t>(last) - 1] == values[255]) --last;
  const int low = values[static_cast<std::size_t>(first)];
  const double step = static_cast<double>(values[static_cast<std::size_t>(last)] - low) / std::max(1, last - first);
  for (int value = first; value <= last; ++value)
    if (std::abs(low + step * (value - first) - values[static_cast<std::size_t>(value)]) > 2) return false;
  return true;
}

// Whether the table can as well be applied after the warp: interpolation and straight lines may change places, but for
// clipping. The border's own color must stay what it is.
bool may_wait(const Table& table, const Warp& warp) {
  const bool colored = warp.border && warp.border->type == cv::BORDER_CONSTANT;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto& values = table.values[channel];
    if (!straight(values)) return false;
    const auto color =
        colored ? cv::saturate_cast<std::uint8_t>(warp.border->color[static_cast<int>(channel)]) : std::uint8_t{0};
    if (colored && values[color] != color) return false;
  }
  return true;
}

// A picture, and what is to be done to it next: a warp, then a table, as far as they wait.
class Work {
 public:
  Work(const Image& image, bool fold, Rng& rng, std::vector<std::string>* drawn)
      : image_(image), fold_(fold), rng_(rng), drawn_(drawn) {}

  void draw(const Augmentation& augmentation) {
    const Action action = augmentation.draw(warp_ ? warp_->size : image_.size(), rng_);
    const bool changes = !std::holds_alternative<std::monostate>(action) && !std::holds_alternative<Then>(action);
    if (drawn_ != nullptr && changes) drawn_->push_back(augmentation.name);
    std::visit(*this, action);
  }

  void operator()(std::monostate) {}

  void operator()(const Table& table) {
    if (!fold_) carry_out();
    table_ = table_ ? compose(*table_, table) : table;
  }

  void operator()(const Warp& warp) {
    if (!fold_ || (warp_ && !composable(*warp_, warp)) || (table_ && !may_wait(*table_, warp))) carry_out();
    warp_ = warp_ ? compose(*warp_, warp) : warp;
  }

  void operator()(const Pixels& change) {
    carry_out();
    image_ = change(image_);
    shared_ = false;
  }

  void operator()(const Mix& mix) { mix_ = mix; }

  void operator()(const Then& then) {
    for (const Augmentation* const augmentation : then.augmentations) draw(*augmentation);
  }

  Augmented finish(cv::Size output) {
    // Without aliasing a bilinear warp makes pictures smaller to the half at most.
    if (fold_ && warp_ && !output.empty() && warp_->size.width <= 2 * output.width && warp_->size.height <= 2 * output.height) {
      const Warp resize = resize_warp({{}, warp_->size}, output, warp_->interpolation);
      if (!table_ || may_wait(*table_, resize)) (*this)(resize);
    }
    carry_out();
    return {std::move(image_), mix_};
  }

 private:
  void carry_out() {
    if (warp_) shared_ = warp_pixels(*std::exchange(warp_, std::nullopt), image_) && shared_;
    if (table_) {
      Image changed;
      look_up(*std::exchange(table_, std::nullopt), image_, shared_ ? changed : image_);
      if (shared_) image_ = changed;
      shared_ = false;
    }
  }

  Image image_;
  bool shared_ = true;  // its pixels belong to the caller
  bool fold_;
  Rng& rng_;
  std::vector<std::string>* drawn_;
  std::optional<Table> table_;
  std::optional<Warp> warp_;
  std::optional<Mix> mix_;
};

}  // namespace

Pipeline::Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, const PipelineOptions& options,
                   std::vector<plugins::Callee> callees)
    : augmentations_(std::move(augmentations)), options_(options), callees_(std::move(callees)) {
  callees_.resize(augmentations_.size());
}

Augmented Pipeline::apply(const Image& image, Rng& rng, std::vector<std::string>* drawn) const {
  Work work(image, options_.fold, rng, drawn);
  for (std::size_t i = 0; i < augmentations_.size(); ++i)
    if (options_.strength == 1 || rng.uniform() < options_.strength)
      plugins::guarded(callees_[i], [&] { work.draw(*augmentations_[i]); });
  return work.finish(options_.output);
}

Pipeline make_pipeline(const std::vector<recipe::ComponentRecipe>& augment, std::int64_t image_size,
                       const PipelineOptions& options) {
  std::vector<std::unique_ptr<Augmentation>> augmentations;
  std::vector<plugins::Callee> callees;
  for (const recipe::ComponentRecipe& each : augment) {
    augmentations.push_back(recipe::make<Augmentation>(each, {image_size}));
    callees.push_back(each.callee);
  }
  return {std::move(augmentations), options, std::move(callees)};
}

}  // namespace aviary::data
