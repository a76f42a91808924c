#include "data/decode.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <aviary/jpeg_decoder.hpp>

#include "data/picture_size.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

// 8 x 8, all red, in CMYK as Adobe's programs write it (inverted).
constexpr std::uint8_t red_cmyk_jpeg[] = {
    0xff, 0xd8, 0xff, 0xee, 0x00, 0x0e, 0x41, 0x64, 0x6f, 0x62, 0x65, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xdb,
    0x00, 0x43, 0x00, 0x03, 0x02, 0x02, 0x03, 0x02, 0x02, 0x03, 0x03, 0x03, 0x03, 0x04, 0x03, 0x03, 0x04, 0x05, 0x08, 0x05,
    0x05, 0x04, 0x04, 0x05, 0x0a, 0x07, 0x07, 0x06, 0x08, 0x0c, 0x0a, 0x0c, 0x0c, 0x0b, 0x0a, 0x0b, 0x0b, 0x0d, 0x0e, 0x12,
    0x10, 0x0d, 0x0e, 0x11, 0x0e, 0x0b, 0x0b, 0x10, 0x16, 0x10, 0x11, 0x13, 0x14, 0x15, 0x15, 0x15, 0x0c, 0x0f, 0x17, 0x18,
    0x16, 0x14, 0x18, 0x12, 0x14, 0x15, 0x14, 0xff, 0xc0, 0x00, 0x14, 0x08, 0x00, 0x08, 0x00, 0x08, 0x04, 0x43, 0x11, 0x00,
    0x4d, 0x11, 0x00, 0x59, 0x11, 0x00, 0x4b, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xda, 0x00, 0x0e, 0x04, 0x43, 0x00,
    0x4d, 0x00, 0x59, 0x00, 0x4b, 0x00, 0x00, 0x3f, 0x00, 0x54, 0xc5, 0x50, 0xaa, 0x2a, 0x6f, 0xff, 0xd9,
};

// A PNG that claims 65000 x 65000 pixels (signature, IHDR, an empty IDAT, IEND).
constexpr std::uint8_t huge_png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0xfd,
    0xe8, 0x00, 0x00, 0xfd, 0xe8, 0x08, 0x02, 0x00, 0x00, 0x00, 0x2d, 0x35, 0x4e, 0x5d, 0x00, 0x00, 0x00, 0x00, 0x49,
    0x44, 0x41, 0x54, 0x35, 0xaf, 0x06, 0x1e, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

template <std::size_t N>
std::string_view text(const std::uint8_t (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

std::string error(const std::filesystem::path& file) {
  return error_of([&] { decode(file); });
}

cv::Vec3b first_pixel(const std::filesystem::path& file) {
  const Image image = decode(file);
  EXPECT_EQ(image.type(), CV_8UC3);
  return image.at<cv::Vec3b>(0, 0);
}

// Finds the pixels that it is given in every file.
struct FixedDecoder final : JpegDecoder {
  explicit FixedDecoder(cv::Mat found) : pixels(std::move(found)) {}
  std::string obstacle() const override { return ""; }
  cv::Mat decode(std::span<const std::uint8_t>) const override { return pixels; }
  cv::Mat pixels;
};

TEST(Decode, GivesRgb) {
  const Folder folder;
  const cv::Mat bgr(4, 6, CV_8UC3, cv::Scalar(10, 20, 30));
  for (const char* name : {"1.png", "1.bmp", "1.ppm", "1.tif"})
    EXPECT_EQ(first_pixel(folder.write(name, bgr)), cv::Vec3b(30, 20, 10));
  EXPECT_EQ(decode(folder / "1.png").size(), cv::Size(6, 4));
  for (const char* name : {"1.jpg", "1.webp"}) {
    const cv::Vec3b pixel = first_pixel(folder.write(name, bgr));
    EXPECT_LE(cv::norm(cv::Vec3i(pixel) - cv::Vec3i(30, 20, 10), cv::NORM_INF), 3) << name;
  }
}

TEST(Decode, MakesGrayThreeChannels) {
  const Folder folder;
  const cv::Mat gray(4, 4, CV_8UC1, cv::Scalar(77));
  for (const char* name : {"1.png", "1.pgm", "1.jpg"})
    EXPECT_EQ(first_pixel(folder.write(name, gray)), cv::Vec3b(77, 77, 77)) << name;
}

TEST(Decode, DropsTransparency) {
  const Folder folder;
  EXPECT_EQ(first_pixel(folder.write("1.png", cv::Mat(4, 4, CV_8UC4, cv::Scalar(10, 20, 30, 128)))), cv::Vec3b(30, 20, 10));
}

TEST(Decode, ScalesSixteenBits) {
  const Folder folder;
  const cv::Mat color(4, 4, CV_16UC3, cv::Scalar(0, 257 * 100, 65535));
  for (const char* name : {"1.png", "1.tif"}) EXPECT_EQ(first_pixel(folder.write(name, color)), cv::Vec3b(255, 100, 0)) << name;
  // 255 / 256 of the way from 100 to 101: cutting off the low byte would give 100.
  EXPECT_EQ(first_pixel(folder.write("2.png", cv::Mat(4, 4, CV_16UC1, cv::Scalar(257 * 100 + 255)))), cv::Vec3b(101, 101, 101));
  EXPECT_EQ(first_pixel(folder.write("3.png", cv::Mat(4, 4, CV_16UC4, cv::Scalar(0, 0, 65535, 7)))), cv::Vec3b(255, 0, 0));
}

TEST(Decode, ReadsCmyk) {
  const Folder folder;
  const cv::Vec3b pixel = first_pixel(folder.write("1.jpg", text(red_cmyk_jpeg)));
  EXPECT_LE(cv::norm(cv::Vec3i(pixel) - cv::Vec3i(255, 0, 0), cv::NORM_INF), 2) << cv::Mat(pixel);
}

TEST(Decode, ReadsPicturesUnderAnotherSuffix) {
  const Folder folder;
  folder.picture("1.png", 50);
  std::filesystem::rename(folder / "1.png", folder / "1.jpg");
  EXPECT_EQ(first_pixel(folder / "1.jpg"), cv::Vec3b(50, 50, 50));
}

TEST(Decode, GivesTheSamePixelsForACutJpegEveryTime) {
  const Folder folder;
  cv::Mat noise(64, 64, CV_8UC3);
  cv::randu(noise, 0, 256);
  const auto file = folder.write("1.jpg", noise);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const Image first = decode(file);
  ASSERT_EQ(first.size(), cv::Size(64, 64));
  for (int i = 0; i < 5; ++i) {
    const std::vector<std::uint8_t> other_memory(1 << 16, static_cast<std::uint8_t>(i));
    EXPECT_EQ(cv::norm(first, decode(file), cv::NORM_INF), 0);
  }
}

TEST(Decode, SaysWhyNot) {
  const Folder folder;
  EXPECT_EQ(error(folder / "nowhere.jpg"), "the file does not exist");
  EXPECT_EQ(error(folder.write("empty.jpg", "")), "the file is empty");
  EXPECT_EQ(error(folder.write("text.jpg", "<html>not found</html>")), "it is no picture that can be decoded");
  std::filesystem::create_directory(folder / "folder.jpg");
  EXPECT_EQ(error(folder / "folder.jpg"), "it is not a file");
  std::filesystem::create_symlink("nowhere.jpg", folder / "dangling.jpg");
  EXPECT_EQ(error(folder / "dangling.jpg"), "the file does not exist");
  std::filesystem::create_symlink("circle.jpg", folder / "circle.jpg");
  EXPECT_EQ(error(folder / "circle.jpg"), "the file cannot be read: Too many levels of symbolic links");
  EXPECT_EQ(error(folder.write("float.tiff", cv::Mat(2, 2, CV_32FC3, cv::Scalar::all(0.5)))),
            "its values are neither 8 nor 16 bits wide");
}

TEST(Decode, RefusesPicturesThatClaimToBeHuge) {
  const Folder folder;
  EXPECT_EQ(error(folder.write("huge.png", text(huge_png))),
            "it declares 65000 x 65000 pixels, more than the 178956970 that are read");
  // In a JPEG, height and width stand 5 bytes behind the marker of the frame.
  std::string jpeg(text(red_cmyk_jpeg));
  jpeg.replace(jpeg.find("\xff\xc0") + 5, 4, "\xea\x60\xea\x60");
  EXPECT_EQ(error(folder.write("huge.jpg", jpeg)), "it declares 60000 x 60000 pixels, more than the 178956970 that are read");
}

TEST(Decode, ReadsTheDeclaredSizeOfEveryKind) {
  const Folder folder;
  const auto size_of = [](const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    const auto size = declared_size({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return size ? fmt::format("{} x {}", size->width, size->height) : "";
  };
  const cv::Mat pixels(23, 300, CV_8UC3, cv::Scalar(10, 20, 30));
  for (const char* name : {"1.jpg", "1.png", "1.bmp", "1.webp", "1.ppm", "1.tif"})
    EXPECT_EQ(size_of(folder.write(name, pixels)), "300 x 23") << name;
  cv::imwrite(folder / "2.jpg", pixels, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  cv::imwrite(folder / "2.webp", pixels, {cv::IMWRITE_WEBP_QUALITY, 50});
  for (const char* name : {"2.jpg", "2.webp"}) EXPECT_EQ(size_of(folder / name), "300 x 23") << name;
  EXPECT_EQ(size_of(folder.write("3.ppm", "P6 # a comment\n# 7 more\n300\n23 255\n")), "300 x 23");
  for (const char* name : {"1.jpg", "1.png", "1.bmp", "1.webp", "1.ppm", "1.tif"}) {
    std::filesystem::resize_file(folder / name, 9);
    EXPECT_EQ(size_of(folder / name), "") << name;
  }
}

TEST(Decode, ReadsAPartOfALargeJpeg) {
  const Folder folder;
  cv::Mat shades(80, 160, CV_8UC3);
  for (int x = 0; x < 160; ++x) shades.col(x).setTo(cv::Scalar(x, 128, 255 - x));
  const auto jpeg = folder.write("1.jpg", shades);
  EXPECT_EQ(decode(jpeg).size(), cv::Size(160, 80));
  EXPECT_EQ(decode(jpeg, 41).size(), cv::Size(160, 80));
  EXPECT_EQ(decode(jpeg, 40).size(), cv::Size(80, 40));
  EXPECT_EQ(decode(jpeg, 11).size(), cv::Size(40, 20));
  const Image eighth = decode(jpeg, 10);
  ASSERT_EQ(eighth.size(), cv::Size(20, 10));
  const cv::Vec3i pixel = eighth.at<cv::Vec3b>(5, 15);
  EXPECT_LE(cv::norm(pixel - cv::Vec3i(255 - 123, 128, 123), cv::NORM_INF), 3) << pixel;
  EXPECT_EQ(decode(folder.write("1.png", shades), 10).size(), cv::Size(160, 80)) << "in a PNG there is nothing to be saved";
}

TEST(Decode, TurnsPicturesUprightAtEverySize) {
  const Folder folder;
  cv::Mat pixels(32, 64, CV_8UC3, cv::Scalar::all(0));
  pixels.colRange(0, 32).setTo(cv::Scalar::all(255));
  std::vector<std::uint8_t> jpeg;
  cv::imencode(".jpg", pixels, jpeg);
  // An EXIF segment with one entry, the orientation: 6, a quarter turn to the right.
  const std::vector<std::uint8_t> exif = {0xff, 0xe1, 0,    34,   'E',  'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                          0,    1,    0x01, 0x12, 0x00, 3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0};
  jpeg.insert(jpeg.begin() + 2, exif.begin(), exif.end());
  const auto file = folder.write("1.jpg", {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  const FixedDecoder turns_nothing(pixels);
  for (const auto& [side, height] : {std::pair(0, 64), std::pair(16, 32)}) {
    const Image image = decode(file, side, &turns_nothing);
    ASSERT_EQ(image.size(), cv::Size(height / 2, height));
    EXPECT_GT(image.at<cv::Vec3b>(0, 0)[0], 250) << "what was left is on top";
    EXPECT_LT(image.at<cv::Vec3b>(height - 1, 0)[0], 5);
  }
}

TEST(Decode, LeavesJpegsToADecoderThatCan) {
  const Folder folder;
  const cv::Mat blue(9, 9, CV_8UC3, cv::Scalar(255, 0, 0));
  folder.write("plain.jpg", blue);
  folder.write("plain.png", blue);
  const FixedDecoder able(cv::Mat(4, 5, CV_8UC3, cv::Scalar(1, 2, 3)));
  const Image decoded = decode(folder / "plain.jpg", 0, &able);
  EXPECT_EQ(decoded.size(), cv::Size(5, 4));
  EXPECT_EQ(decoded.at<cv::Vec3b>(0, 0), cv::Vec3b(3, 2, 1)) << "BGR becomes RGB";
  EXPECT_EQ(decode(folder / "plain.png", 0, &able).size(), cv::Size(9, 9)) << "no JPEG";
  const FixedDecoder unable{cv::Mat()};
  EXPECT_EQ(decode(folder / "plain.jpg", 0, &unable).size(), cv::Size(9, 9)) << "the CPU tries next";
}

TEST(Decode, ReadsFilesWithAnyName) {
  const Folder folder;
  for (const char* name : {"a b.png", "it's \"1\".png", "\xc3\xbc\xe9\xb3\xa5.png", "two\nlines.png", "-1.png", "%s.png"}) {
    folder.picture("plain.png", 50);
    std::filesystem::rename(folder / "plain.png", folder / name);
    EXPECT_EQ(first_pixel(folder / name), cv::Vec3b::all(50)) << name;
  }
}

TEST(ToRgb, CopiesGrayPixels) {
  cv::Mat gray(2, 2, CV_8UC1, cv::Scalar(5));
  Image image = to_rgb(gray);
  image.setTo(0);
  EXPECT_EQ(gray.at<std::uint8_t>(0, 0), 5);
}

}  // namespace
}  // namespace aviary::data
