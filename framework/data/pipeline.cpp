#include "data/pipeline.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <opencv2/imgproc.hpp>

namespace aviary::data {
namespace {

void look_up(const Table& table, Image& image) {
  const auto& [red, green, blue] = table.values;
  for (int y = 0; y < image.rows; ++y) {
    std::uint8_t* pixel = image.ptr(y);
    std::uint8_t* const end = pixel + std::size_t{3} * static_cast<std::size_t>(image.cols);
    for (; pixel != end; pixel += 3) {
      pixel[0] = red[pixel[0]];
      pixel[1] = green[pixel[1]];
      pixel[2] = blue[pixel[2]];
    }
  }
}

void warp_pixels(const Warp& warp, Image& image) {
  // A warp that never looks outside may do so by rounding.
  const Border border = warp.border.value_or(Border{cv::BORDER_REPLICATE, {}});
  Image warped;
  cv::warpAffine(image, warped, warp.to_source, warp.size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, border.type, border.color);
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
  return !first.border || !second.border || first.border == second.border;
}

// The last picture's pixels are looked up in the one between, and those in the source.
Warp compose(const Warp& first, const Warp& second) {
  const cv::Matx23d& a = first.to_source;
  const cv::Matx23d& b = second.to_source;
  const cv::Matx33d square(b(0, 0), b(0, 1), b(0, 2), b(1, 0), b(1, 1), b(1, 2), 0, 0, 1);
  return {a * square, second.size, first.border ? first.border : second.border};
}

// A picture, and what is to be done to it next: at most one of the two waits.
class Work {
 public:
  Work(Image image, bool fold) : image_(std::move(image)), fold_(fold) {}

  cv::Size size() const { return warp_ ? warp_->size : image_.size(); }

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

  Augmented finish() {
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
  std::optional<Table> table_;
  std::optional<Warp> warp_;
  std::optional<Mix> mix_;
};

}  // namespace

Pipeline::Pipeline(std::vector<std::unique_ptr<Augmentation>> augmentations, bool fold)
    : augmentations_(std::move(augmentations)), fold_(fold) {}

Augmented Pipeline::apply(Image image, Rng& rng) const {
  Work work(std::move(image), fold_);
  for (const auto& augmentation : augmentations_) std::visit(work, augmentation->draw(work.size(), rng));
  return work.finish();
}

}  // namespace aviary::data
