// What a picture's file says of its size, read without decoding it. Called by decode(), from many threads at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace aviary::data {

struct PictureSize {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
};

/// Of a JPEG, PNG, BMP, WebP, PBM, PGM, PPM or TIFF file, known by its content; nothing when it is none of them, or is cut off
/// before its size.
std::optional<PictureSize> declared_size(std::span<const std::uint8_t> file);

bool is_jpeg(std::span<const std::uint8_t> file);

/// Whether a JPEG has an EXIF entry, which may say that the picture is to be turned. Precondition: its size can be read.
bool has_exif(std::span<const std::uint8_t> jpeg);

}  // namespace aviary::data
