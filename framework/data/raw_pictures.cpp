#include "data/raw_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "data/warping.hpp"

namespace aviary::data {
namespace {

// How many pixels of a row OpenCV's HSV2RGB takes at once on this processor: those it cuts to 0 lie before those it rounds
// to 1.
int hsv_pixels_at_once() {
  static const int found = [] {
    constexpr int many = 255;  // one less than any power of 2 goes into
    const Image dark(1, many, CV_8UC3, cv::Scalar(0, 1, 1));
    Image rgb;
    cv::cvtColor(dark, rgb, cv::COLOR_HSV2RGB);
    int rounded = 0;
    while (rounded < many && rgb.ptr(0, many - 1 - rounded)[1] != 0) ++rounded;
    return rounded + 1;
  }();
  return found;
}

std::int32_t number_of(RawPictures& to, const Table& table) {
  to.tables.push_back(table);
  return static_cast<std::int32_t>(to.tables.size() - 1);
}

void append_step(RawPictures& to, const ColorStep& step) {
  using fused::Color;
  fused::Step fused{Color::table, 0, 1, 0, 0};
  if (const auto* const table = std::get_if<Table>(&step)) {
    fused.table = number_of(to, *table);
  } else if (const auto* const hsv = std::get_if<HsvTable>(&step)) {
    fused.kind = Color::hsv_table;
    fused.table = number_of(to, hsv->table);
    fused.at_once = hsv_pixels_at_once();
  } else {
    const double factor = std::get<Saturation>(step).factor;
    fused.kind = Color::saturation;
    fused.factor = static_cast<float>(factor);
    fused.rest = static_cast<float>(1 - factor);
  }
  to.steps.push_back(fused);
}

// Whether it takes pixels as they are, in their order or mirrored: then one is read for each, where others take four.
bool moves_pixels(const cv::Matx23d& m) {
  const auto whole = [](double number) { return number == std::round(number); };
  return m(0, 1) == 0 && m(1, 0) == 0 && std::abs(m(0, 0)) == 1 && std::abs(m(1, 1)) == 1 && whole(m(0, 2)) && whole(m(1, 2));
}

}  // namespace

void append(RawPictures& to, const Image& image, const Rest& rest) {
  const Warp warp = rest.warp.value_or(Warp{{1, 0, 0, 0, 1, 0}, image.size(), {}});
  fused::Picture picture{};
  picture.first_byte = static_cast<std::int64_t>(to.pixels.size());
  picture.columns = image.cols;
  picture.rows = image.rows;
  std::copy_n(warp.to_source.val, 6, picture.to_source);
  // As warp_pixels() chooses.
  const Border border = warp.border.value_or(Border{cv::BORDER_REPLICATE, {}});
  picture.outside = static_cast<fused::Outside>(border.type);
  for (int channel = 0; channel < 3; ++channel) picture.color[channel] = cv::saturate_cast<std::uint8_t>(border.color[channel]);
  const cv::Rect part = resized_part(warp, image.size());
  picture.sampling = moves_pixels(warp.to_source) || warp.interpolation == cv::INTER_NEAREST ? fused::Sampling::nearest
                     : part.empty()                                                          ? fused::Sampling::linear
                                                                                             : fused::Sampling::resized;
  picture.left = part.x;
  picture.top = part.y;
  picture.width = part.width;
  picture.height = part.height;

  picture.before = static_cast<std::int32_t>(to.steps.size());
  for (const ColorStep& step : rest.before) append_step(to, step);
  picture.after = static_cast<std::int32_t>(to.steps.size());
  for (const ColorStep& step : rest.after) append_step(to, step);
  picture.end = static_cast<std::int32_t>(to.steps.size());
  for (int row = 0; row < image.rows; ++row)
    to.pixels.insert(to.pixels.end(), image.ptr(row), image.ptr(row) + std::ptrdiff_t{3} * image.cols);
  to.pictures.push_back(picture);
}

}  // namespace aviary::data
