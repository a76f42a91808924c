#include "data/pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include <opencv2/imgproc.hpp>

#include <aviary/augment/pixels.hpp>
#include <aviary/augment/warps.hpp>

namespace aviary::data {
namespace {

// The rows or columns that `count` new ones come from, where they come from whole ones, in their order or mirrored.
std::optional<cv::Range> moved(double step, double first, int count, int length) {
  if (std::abs(step) != 1 || first != std::round(first) || std::abs(first) > 1e6) return std::nullopt;
  const int begin = static_cast<int>(step > 0 ? first : first - (count - 1));
  if (begin >= length || begin + count <= 0) return std::nullopt;  // all of it is border
  return cv::Range{begin, begin + count};
}

// Moves pixels where nothing is to be interpolated.
bool move_pixels(const Warp& warp, const Border& border, Image& image) {
  const cv::Matx23d& m = warp.to_source;
  if (m(0, 1) != 0 || m(1, 0) != 0) return false;
  const auto across = moved(m(0, 0), m(0, 2), warp.size.width, image.cols);
  const auto down = moved(m(1, 1), m(1, 2), warp.size.height, image.rows);
  if (!across || !down) return false;
  const cv::Range columns = *across;
  const cv::Range rows = *down;
  const int left = std::max(0, -columns.start);
  const int right = std::max(0, columns.end - image.cols);
  const int top = std::max(0, -rows.start);
  const int bottom = std::max(0, rows.end - image.rows);
  if (left + right + top + bottom > 0) {
    Image framed;
    cv::copyMakeBorder(image, framed, top, bottom, left, right, border.type | cv::BORDER_ISOLATED, border.color);
    image = framed;
  }
  Image part = image(rows + top, columns + left);
  if (m(0, 0) > 0 && m(1, 1) > 0) {
    image = part;
    return true;
  }
  Image flipped;
  cv::flip(part, flipped, m(0, 0) > 0 ? 0 : m(1, 1) > 0 ? 1 : -1);
  image = flipped;
  return true;
}

// The part of the picture that a warp does nothing to but resize it, as cv::resize aligns the two; empty if it does more.
cv::Rect resized_part(const Warp& warp, cv::Size size) {
  const cv::Matx23d& m = warp.to_source;
  if (m(0, 1) != 0 || m(1, 0) != 0 || m(0, 0) <= 0 || m(1, 1) <= 0 || warp.interpolation == cv::INTER_NEAREST) return {};
  const auto nearly_whole = [](double number) { return std::abs(number - std::round(number)) < 1e-6; };
  const double x = m(0, 2) - (m(0, 0) - 1) / 2;
  const double y = m(1, 2) - (m(1, 1) - 1) / 2;
  const double width = m(0, 0) * warp.size.width;
  const double height = m(1, 1) * warp.size.height;
  if (!nearly_whole(x) || !nearly_whole(y) || !nearly_whole(width) || !nearly_whole(height)) return {};
  const cv::Rect part(cvRound(x), cvRound(y), cvRound(width), cvRound(height));
  return (part & cv::Rect({}, size)) == part ? part : cv::Rect();
}

void warp_pixels(const Warp& warp, Image& image) {
  // A warp that never looks outside may do so by rounding.
  const Border border = warp.border.value_or(Border{cv::BORDER_REPLICATE, {}});
  if (move_pixels(warp, border, image)) return;
  Image warped;
  if (const cv::Rect part = resized_part(warp, image.size()); !part.empty())
    cv::resize(image(part), warped, warp.size, 0, 0, warp.interpolation);
  else
    cv::warpAffine(image, warped, warp.to_source, warp.size, warp.interpolation | cv::WARP_INVERSE_MAP, border.type,
                   border.color);
  image = warped;
}

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

// A picture, and what is to be done to it next: at most one of the two waits.
class Work {
 public:
  Work(Image image, bool fold, Rng& rng, std::vector<std::string>* drawn)
      : image_(std::move(image)), fold_(fold), rng_(rng), drawn_(drawn) {}

  void draw(const Augmentation& augmentation) {
    const Action action = augmentation.draw(warp_ ? warp_->size : image_.size(), rng_);
    const bool changes = !std::holds_alternative<std::monostate>(action) && !std::holds_alternative<Then>(action);
    if (drawn_ != nullptr && changes) drawn_->push_back(augmentation.name);
    std::visit(*this, action);
  }

  void operator()(std::monostate) {}

  void operator()(const Table& table) {
    if (!fold_ || warp_) carry_out();
    table_ = table_ ? compose(*table_, table) : table;
  }

  void operator()(const Warp& warp) {
    if (!fold_ || table_ || (warp_ && !composable(*warp_, warp))) carry_out();
    warp_ = warp_ ? compose(*warp_, warp) : warp;
  }

  void operator()(const Pixels& change) {
    carry_out();
    change(image_);
  }

  void operator()(const Mix& mix) { mix_ = mix; }

  void operator()(const Then& then) {
    for (const Augmentation* const augmentation : then.augmentations) draw(*augmentation);
  }

  Augmented finish(cv::Size output) {
    // Without aliasing a bilinear warp makes pictures smaller to the half at most.
    if (fold_ && warp_ && !output.empty() && warp_->size.width <= 2 * output.width && warp_->size.height <= 2 * output.height)
      warp_ = compose(*warp_, resize_warp({{}, warp_->size}, output, warp_->interpolation));
    carry_out();
    return {std::move(image_), mix_};
  }

 private:
  void carry_out() {
    if (table_) look_up(*std::exchange(table_, std::nullopt), image_);
    if (warp_) warp_pixels(*std::exchange(warp_, std::nullopt), image_);
  }

  Image image_;
  bool fold_;
  Rng& rng_;
  std::vector<std::string>* drawn_;
  std::optional<Table> table_;
  std::optional<Warp> warp_;
  std::optional<Mix> mix_;
};

}  // namespace

Pipeline::Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, bool fold, cv::Size output)
    : augmentations_(std::move(augmentations)), fold_(fold), output_(output) {}

Augmented Pipeline::apply(Image image, Rng& rng, std::vector<std::string>* drawn) const {
  Work work(std::move(image), fold_, rng, drawn);
  for (const auto& augmentation : augmentations_) work.draw(*augmentation);
  return work.finish(output_);
}

}  // namespace aviary::data
