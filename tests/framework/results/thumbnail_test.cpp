#include "results/thumbnail.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <opencv2/imgcodecs.hpp>

namespace {

using aviary::Image;
using aviary::results::thumbnail;

const std::string scheme = "data:image/jpeg;base64,";

cv::Mat decoded(const std::string& uri) {
  EXPECT_TRUE(uri.starts_with(scheme)) << uri;
  const std::string text = uri.substr(scheme.size());
  std::vector<unsigned char> bytes(text.size());
  EXPECT_GT(EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size())),
            0);
  return cv::imdecode(bytes, cv::IMREAD_COLOR);
}

TEST(Thumbnail, IsAPictureInItsOwnProportionsAndColours) {
  const Image red(200, 400, CV_8UC3, cv::Scalar(220, 10, 10));  // RGB
  const cv::Mat small = decoded(thumbnail(red, 96));
  EXPECT_EQ(small.size(), cv::Size(96, 48));
  EXPECT_GT(small.at<cv::Vec3b>(20, 20)[2], 200) << "BGR";
  EXPECT_LT(small.at<cv::Vec3b>(20, 20)[0], 50);
}

TEST(Thumbnail, LeavesSmallPicturesTheirSize) {
  EXPECT_EQ(decoded(thumbnail(Image(28, 28, CV_8UC3, cv::Scalar::all(9)), 96)).size(), cv::Size(28, 28));
}

TEST(Thumbnail, OfASampleThatCannotBeDecodedIsEmpty) {
  EXPECT_EQ(thumbnail({.name = "gone.jpg", .label = 0, .file = "/nowhere/gone.jpg", .pixels = {}}, 96), "");
}

TEST(Thumbnail, OfASampleThatIsInMemory) {
  EXPECT_EQ(decoded(thumbnail({.name = "train/1", .label = 0, .file = {}, .pixels = cv::Mat(28, 28, CV_8UC1, 7)}, 96)).size(),
            cv::Size(28, 28));
}

}  // namespace
