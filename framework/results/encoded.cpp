#include "results/encoded.hpp"

#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include <aviary/error.hpp>

namespace aviary::results {
namespace {

std::string encoded(const cv::Mat& picture, const char* name, const char* extension, const std::vector<int>& parameters) {
  std::vector<unsigned char> bytes;
  if (!cv::imencode(extension, picture, bytes, parameters))
    throw Error(fmt::format("{} cannot be written as {}", name, extension));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string png_of(const cv::Mat& picture, const char* name) { return encoded(picture, name, ".png", {}); }

std::string jpeg_of(const cv::Mat& picture, const char* name) {
  constexpr int quality = 80;
  return encoded(picture, name, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

}  // namespace aviary::results
