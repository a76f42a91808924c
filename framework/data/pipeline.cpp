#include "data/pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

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

Image changed(const Image& image, const ColorStep& step) {
  if (const auto* const table = std::get_if<Table>(&step)) return look_up(*table, image);
  if (const auto* const hsv = std::get_if<HsvTable>(&step)) return look_up_hsv(hsv->table, image);
  const double factor = std::get<Saturation>(step).factor;
  return factor == 0 ? make_gray(image) : change_saturation(image, factor);
}

enum class Kept { nothing, rest };

// A picture, and what is to be done to it next, as far as it waits: steps on its own pixels, a warp, steps that keep their
// place after that one, and a table. Without a rest to be kept there are no such steps: they are carried out at once.
class Work {
 public:
  Work(const Image& image, bool fold, Kept kept, Rng& rng, std::vector<std::string>* drawn)
      : image_(image), fold_(fold), kept_(kept), rng_(rng), drawn_(drawn) {}

  void draw(const Augmentation& augmentation) {
    const Action action = augmentation.draw(size(), rng_);
    const bool changes = !std::holds_alternative<std::monostate>(action) && !std::holds_alternative<Then>(action);
    if (drawn_ != nullptr && changes) drawn_->push_back(augmentation.name);
    std::visit(*this, action);
  }

  void operator()(std::monostate) {}

  void operator()(const Table& table) {
    if (!fold_) settle();
    table_ = table_ ? compose(*table_, table) : table;
  }

  void operator()(const HsvTable& table) { color(table); }
  void operator()(const Saturation& saturation) { color(saturation); }

  void operator()(const Warp& warp) {
    const bool joins = fold_ && (!warp_ || composable(*warp_, warp));
    if (!fold_ || (!joins && after_.empty()) || (table_ && !may_wait(*table_, warp))) settle();
    if (!joins || !after_.empty()) begin_anew();
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
    fold_resize(output);
    carry_out();
    return {std::move(image_), mix_};
  }

  Augmented leave_rest(cv::Size output) {
    fold_resize(output);
    if (warp_ && warp_->interpolation != cv::INTER_LINEAR && warp_->interpolation != cv::INTER_NEAREST) interpolate();
    if (size() != output) carry_out();
    settle();
    return {std::move(image_), mix_, {std::move(before_), warp_, std::move(after_)}};
  }

 private:
  cv::Size size() const { return warp_ ? warp_->size : image_.size(); }

  void color(const ColorStep& step) {
    settle();
    if (kept_ == Kept::rest)
      after_.push_back(step);
    else
      change(step);
  }

  void fold_resize(cv::Size output) {
    // Without aliasing a bilinear warp makes pictures smaller to the half at most.
    if (!fold_ || !warp_ || !after_.empty() || output.empty()) return;
    if (warp_->size.width > 2 * output.width || warp_->size.height > 2 * output.height) return;
    const Warp resize = resize_warp({{}, warp_->size}, output, warp_->interpolation);
    if (!table_ || may_wait(*table_, resize)) (*this)(resize);
  }

  // What waits keeps its place from now on.
  void settle() {
    if (kept_ == Kept::nothing) return carry_out();
    if (table_) after_.emplace_back(*std::exchange(table_, std::nullopt));
  }

  // Another warp is to come: the one before it is carried out.
  void begin_anew() {
    interpolate();
    before_ = std::exchange(after_, {});
  }

  void change(const ColorStep& step) {
    image_ = changed(image_, step);
    shared_ = false;
  }

  void interpolate() {
    for (const ColorStep& step : std::exchange(before_, {})) change(step);
    if (warp_) shared_ = warp_pixels(*std::exchange(warp_, std::nullopt), image_) && shared_;
  }

  void carry_out() {
    interpolate();
    for (const ColorStep& step : std::exchange(after_, {})) change(step);
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
  Kept kept_;
  Rng& rng_;
  std::vector<std::string>* drawn_;
  std::vector<ColorStep> before_;
  std::optional<Warp> warp_;
  std::vector<ColorStep> after_;
  std::optional<Table> table_;
  std::optional<Mix> mix_;
};

}  // namespace

Pipeline::Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, const PipelineOptions& options,
                   std::vector<plugins::Callee> callees)
    : augmentations_(std::move(augmentations)), options_(options), callees_(std::move(callees)) {
  callees_.resize(augmentations_.size());
}

template <class Target>
void Pipeline::draw(Target& work, Rng& rng) const {
  for (std::size_t i = 0; i < augmentations_.size(); ++i)
    if (options_.strength == 1 || rng.uniform() < options_.strength)
      plugins::guarded(callees_[i], [&] { work.draw(*augmentations_[i]); });
}

Augmented Pipeline::apply(const Image& image, Rng& rng, std::vector<std::string>* drawn) const {
  Work work(image, options_.fold, Kept::nothing, rng, drawn);
  draw(work, rng);
  return work.finish(options_.output);
}

Augmented Pipeline::draft(const Image& image, Rng& rng) const {
  Work work(image, options_.fold, Kept::rest, rng, nullptr);
  draw(work, rng);
  return work.leave_rest(options_.output);
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
