#include "results/png.hpp"

#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include <aviary/error.hpp>

namespace aviary::results {

std::string png_of(const cv::Mat& picture, const char* name) {
  std::vector<unsigned char> bytes;
  if (!cv::imencode(".png", picture, bytes)) throw Error(fmt::format("{} cannot be written as PNG", name));
  return {bytes.begin(), bytes.end()};
}

}  // namespace aviary::results
