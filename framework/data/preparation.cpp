#include "data/preparation.hpp"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/error.hpp>

#include "data/antialias.hpp"
#include "data/decode.hpp"

namespace aviary::data {
namespace {

constexpr std::array<std::string_view, 3> resize_kinds = {"area", "linear", "antialias"};

}  // namespace

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
                        std::ranges::find(resize_kinds, preparation.resize_kind) != resize_kinds.end() &&
                        std::ranges::all_of(preparation.std, [](double value) { return value > 0; });
  if (!sensible)
    throw Error(
        "how pictures are prepared makes no sense; expected image_size from 1, resize \"area\", \"linear\" or \"antialias\", "
        "std "
        "above 0");
  return preparation;
}

nlohmann::json Preparation::to_json() const {
  return {{"image_size", image_size}, {"resize", resize_kind}, {"mean", mean}, {"std", std}};
}

Image Preparation::load(const std::filesystem::path& file, std::int64_t side, const JpegDecoder* decoder) const {
  return resize(decode(file, resize_kind == "antialias" ? 0 : side, decoder), side);
}

Image Preparation::resize(const Image& image, std::int64_t side) const {
  const cv::Size size(static_cast<int>(side), static_cast<int>(side));
  if (image.size() == size) return image;
  if (resize_kind == "antialias") return resize_antialiased(image, size);
  // INTER_AREA takes the nearest pixel when it enlarges.
  const bool shrinks = image.rows >= size.height && image.cols >= size.width;
  Image resized;
  cv::resize(image, resized, size, 0, 0, resize_kind == "area" && shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return resized;
}

Normaliser::Normaliser(const Preparation& preparation) {
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value)
      tables_[channel][value] = (static_cast<float>(value) / 255 - static_cast<float>(preparation.mean[channel])) /
                                static_cast<float>(preparation.std[channel]);
}

void Normaliser::operator()(const Image& image, float* values) const {
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* row = image.ptr(y);
    const std::uint8_t* const end = row + std::size_t{3} * static_cast<std::size_t>(image.cols);
    for (; row != end; row += 3, values += 3) {
      values[0] = tables_[0][row[0]];
      values[1] = tables_[1][row[1]];
      values[2] = tables_[2][row[2]];
    }
  }
}

}  // namespace aviary::data
