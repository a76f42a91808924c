#include "data/preparation.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/error.hpp>

namespace aviary::data {

Preparation Preparation::from(const recipe::Data& settings) {
  Preparation preparation{settings.image_size, settings.resize, {}, {}};
  std::copy_n(settings.mean.begin(), 3, preparation.mean.begin());
  std::copy_n(settings.std.begin(), 3, preparation.std.begin());
  return preparation;
}

Preparation Preparation::from_json(const nlohmann::json& json) {
  Preparation preparation;
  try {
    json.at("image_size").get_to(preparation.image_size);
    json.at("resize").get_to(preparation.resize_kind);
    json.at("mean").get_to(preparation.mean);
    json.at("std").get_to(preparation.std);
  } catch (const nlohmann::json::exception& error) {
    throw Error(
        "how pictures are prepared cannot be read; expected image_size, resize, mean and std, as a checkpoint holds them",
        Fault::work, error.what());
  }
  const bool sensible = preparation.image_size >= 1 &&
                        (preparation.resize_kind == "area" || preparation.resize_kind == "linear") &&
                        std::ranges::all_of(preparation.std, [](double value) { return value > 0; });
  if (!sensible)
    throw Error(
        "how pictures are prepared makes no sense; expected image_size from 1, resize \"area\" or \"linear\", std above 0");
  return preparation;
}

nlohmann::json Preparation::to_json() const {
  return {{"image_size", image_size}, {"resize", resize_kind}, {"mean", mean}, {"std", std}};
}

Image Preparation::resize(const Image& image) const {
  const int side = static_cast<int>(image_size);
  if (image.rows == side && image.cols == side) return image;
  // INTER_AREA takes the nearest pixel when it enlarges.
  const bool shrinks = image.rows >= side && image.cols >= side;
  Image resized;
  cv::resize(image, resized, {side, side}, 0, 0, resize_kind == "area" && shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return resized;
}

void Preparation::normalise(const Image& image, float* values) const {
  std::array<std::array<float, 256>, 3> tables;
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value)
      tables[channel][value] =
          (static_cast<float>(value) / 255 - static_cast<float>(mean[channel])) / static_cast<float>(std[channel]);
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* row = image.ptr(y);
    const std::uint8_t* const end = row + std::size_t{3} * static_cast<std::size_t>(image.cols);
    for (; row != end; row += 3, values += 3) {
      values[0] = tables[0][row[0]];
      values[1] = tables[1][row[1]];
      values[2] = tables[2][row[2]];
    }
  }
}

}  // namespace aviary::data
