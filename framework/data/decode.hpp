// From a picture's file to pixels. Called by the loader's workers and by prediction, from many threads at once.
#pragma once

#include <cstdint>
#include <filesystem>

#include <opencv2/core/mat.hpp>

#include <aviary/image.hpp>

namespace aviary {
class JpegDecoder;
}

namespace aviary::data {

/// The picture in RGB, turned upright as its EXIF entry says. Gray becomes three equal channels, transparency is dropped, 16
/// bits are scaled to 8. A JPEG whose height and width are at least 2, 4 or 8 times `side` is decoded at that part of its size,
/// which is faster; 0 means whole. Throws aviary::Error whose message is the reason alone ("the file is empty"); the caller
/// adds the name. A `decoder` decodes the JPEGs that it can, always whole; not those with an EXIF entry.
Image decode(const std::filesystem::path& file, std::int64_t side = 0, const JpegDecoder* decoder = nullptr);

/// Larger pictures are refused before memory is taken for them. It is Pillow's limit, too.
inline constexpr std::uint64_t most_pixels = 178'956'970;

/// Pixels of 8 or 16 bits with 1 channel (gray) or 3 (BGR, as OpenCV decodes them) as a picture of its own.
Image to_rgb(const cv::Mat& pixels);

}  // namespace aviary::data
