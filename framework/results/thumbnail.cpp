#include "results/thumbnail.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <opencv2/imgproc.hpp>

#include <aviary/error.hpp>

#include "data/decode.hpp"
#include "results/encoded.hpp"

namespace aviary::results {
namespace {

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the zero that OpenSSL puts behind it
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

}  // namespace

std::string thumbnail(const Image& image, int side) {
  cv::Mat small;
  cv::cvtColor(image, small, cv::COLOR_RGB2BGR);
  const double scale = static_cast<double>(side) / std::max(image.rows, image.cols);
  if (scale < 1)
    cv::resize(small, small, {std::max(1, cvRound(image.cols * scale)), std::max(1, cvRound(image.rows * scale))}, 0, 0,
               cv::INTER_AREA);
  return fmt::format("data:image/jpeg;base64,{}", base64(jpeg_of(small, "a picture")));
}

std::string thumbnail(const data::Sample& sample, int side) {
  try {
    return thumbnail(sample.pixels.empty() ? data::decode(sample.file, side) : data::to_rgb(sample.pixels), side);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace aviary::results
