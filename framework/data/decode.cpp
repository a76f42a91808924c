#include "data/decode.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/error.hpp>
#include <aviary/jpeg_decoder.hpp>

#include "data/picture_size.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> read(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) throw Error("the file does not exist");
  if (error) throw Error(fmt::format("the file cannot be read: {}", error.message()));
  if (!fs::is_regular_file(status)) throw Error("it is not a file");
  const auto size = fs::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) throw Error("the file cannot be opened");
  if (size == 0) throw Error("the file is empty");
  constexpr std::array<std::uint8_t, 2> end_marker = {0xff, 0xd9};
  std::vector<std::uint8_t> bytes;
  bytes.reserve(size + end_marker.size());
  bytes.resize(size);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    throw Error("the file cannot be read");
  // OpenCV shows pictures that are cut off as far as they go. An end marker makes libjpeg fill the rest with gray, where it
  // would otherwise leave what was in memory before.
  if (is_jpeg(bytes))
    for (const std::uint8_t byte : end_marker) bytes.push_back(byte);
  return bytes;
}

PictureSize checked_size(const std::vector<std::uint8_t>& bytes) {
  const std::optional<PictureSize> size = declared_size(bytes);
  if (!size) throw Error("it is no picture that can be decoded");
  if (size->width * size->height > most_pixels)
    throw Error(
        fmt::format("it declares {} x {} pixels, more than the {} that are read", size->width, size->height, most_pixels));
  return *size;
}

// How OpenCV is told to decode the picture, as small as may be.
int reading_of(const std::vector<std::uint8_t>& bytes, std::int64_t side) {
  const auto [width, height] = checked_size(bytes);
  constexpr std::array<std::pair<std::uint64_t, int>, 3> parts = {
      {{8, cv::IMREAD_REDUCED_COLOR_8}, {4, cv::IMREAD_REDUCED_COLOR_4}, {2, cv::IMREAD_REDUCED_COLOR_2}}};
  if (side > 0 && is_jpeg(bytes))
    for (const auto& [part, reading] : parts)
      if (std::min(width, height) / part >= static_cast<std::uint64_t>(side)) return reading;
  return cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH;
}

}  // namespace

Image decode(const fs::path& file, std::int64_t side, const JpegDecoder* decoder) {
  // Its messages would stand among ours, without the picture's name.
  [[maybe_unused]] static const auto silenced = cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  const std::vector<std::uint8_t> bytes = read(file);
  const int reading = reading_of(bytes, side);
  cv::Mat pixels;
  if (decoder != nullptr && is_jpeg(bytes) && !has_exif(bytes)) pixels = decoder->decode(bytes);
  try {
    if (pixels.empty()) pixels = cv::imdecode(bytes, reading);
  } catch (const cv::Exception& error) {
    throw Error("it cannot be decoded", Fault::work, error.what());
  }
  if (pixels.empty()) throw Error("it is no picture that can be decoded");
  return to_rgb(pixels);
}

Image to_rgb(const cv::Mat& pixels) {
  if (pixels.depth() != CV_8U && pixels.depth() != CV_16U) throw Error("its values are neither 8 nor 16 bits wide");
  cv::Mat bytes = pixels;
  if (pixels.depth() == CV_16U) pixels.convertTo(bytes, CV_8U, 1.0 / 257);
  Image image;
  cv::cvtColor(bytes, image, bytes.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  return image;
}

}  // namespace aviary::data
