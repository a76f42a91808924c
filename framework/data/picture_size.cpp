#include "data/picture_size.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>

#include <boost/endian/conversion.hpp>

namespace aviary::data {
namespace {

using namespace std::string_view_literals;
namespace endian = boost::endian;

struct CutOff {};

// Looks at bytes anywhere in the file; throws CutOff beyond its end.
struct Bytes {
  std::span<const std::uint8_t> file;

  const std::uint8_t* at(std::uint64_t place, std::size_t count) const {
    if (place > file.size() || file.size() - place < count) throw CutOff();
    return file.data() + place;
  }
  bool says(std::uint64_t place, std::string_view text) const {
    return file.size() >= place + text.size() && std::ranges::equal(file.subspan(place, text.size()), text, {}, {},
                                                                    [](char c) { return static_cast<std::uint8_t>(c); });
  }
  std::uint8_t u8(std::uint64_t place) const { return *at(place, 1); }
  std::uint16_t big16(std::uint64_t place) const { return endian::load_big_u16(at(place, 2)); }
  std::uint32_t big32(std::uint64_t place) const { return endian::load_big_u32(at(place, 4)); }
  std::uint16_t little16(std::uint64_t place) const { return endian::load_little_u16(at(place, 2)); }
  std::uint32_t little24(std::uint64_t place) const { return endian::load_little_u24(at(place, 3)); }
  std::uint32_t little32(std::uint64_t place) const { return endian::load_little_u32(at(place, 4)); }
};

struct Frame {
  PictureSize size;
  bool after_exif = false;
};

// ITU T.81, annex B: segments up to the one that begins a frame.
Frame jpeg_frame(const Bytes& bytes) {
  Frame frame;
  for (std::uint64_t place = 2;; ++place) {
    if (bytes.u8(place) != 0xff) continue;  // libjpeg also skips what stands between segments
    const std::uint8_t marker = bytes.u8(place + 1);
    const bool alone = marker <= 0x01 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd9);
    const bool begins = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (marker == 0xe1 && bytes.says(place + 4, "Exif")) frame.after_exif = true;
    if (begins) {
      frame.size = {bytes.big16(place + 7), bytes.big16(place + 5)};
      return frame;
    }
    if (!alone) place += 1 + bytes.big16(place + 2);
  }
}

PictureSize bmp(const Bytes& bytes) {
  if (bytes.little32(14) == 12) return {bytes.little16(18), bytes.little16(20)};
  const std::uint32_t height = bytes.little32(22);
  return {bytes.little32(18), static_cast<std::int32_t>(height) < 0 ? 0 - height : height};  // negative: rows from the top
}

// https://developers.google.com/speed/webp/docs/riff_container
std::optional<PictureSize> webp(const Bytes& bytes) {
  if (bytes.says(12, "VP8X")) return PictureSize{bytes.little24(24) + 1, bytes.little24(27) + 1};
  if (bytes.says(12, "VP8 ")) return PictureSize{bytes.little16(26) & 0x3fffU, bytes.little16(28) & 0x3fffU};
  if (!bytes.says(12, "VP8L")) return std::nullopt;
  const std::uint32_t bits = bytes.little32(21);
  return PictureSize{(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
}

// Two decimal numbers behind blanks and comments.
PictureSize netpbm(const Bytes& bytes) {
  std::uint64_t place = 2;
  const auto number = [&] {
    for (; !std::isdigit(bytes.u8(place)); ++place)
      if (bytes.u8(place) == '#')
        while (bytes.u8(place) != '\n') ++place;
    std::uint64_t value = 0;
    for (; std::isdigit(bytes.u8(place)); ++place)
      value = std::min<std::uint64_t>(10 * value + bytes.u8(place) - '0', UINT32_MAX);
    return value;
  };
  const std::uint64_t width = number();
  return {width, number()};
}

// TIFF 6.0: the tags ImageWidth (256) and ImageLength (257) of the first directory, as SHORT (3) or LONG.
PictureSize tiff(const Bytes& bytes) {
  const bool big = bytes.u8(0) == 'M';
  const auto u16 = [&](std::uint64_t place) { return big ? bytes.big16(place) : bytes.little16(place); };
  const auto u32 = [&](std::uint64_t place) { return big ? bytes.big32(place) : bytes.little32(place); };
  const std::uint64_t directory = u32(4);
  PictureSize size;
  for (std::uint64_t i = 0; i < u16(directory); ++i) {
    const std::uint64_t entry = directory + 2 + 12 * i;
    const std::uint64_t value = u16(entry + 2) == 3 ? u16(entry + 8) : u32(entry + 8);
    if (u16(entry) == 256) size.width = value;
    if (u16(entry) == 257) size.height = value;
  }
  return size;
}

std::optional<PictureSize> size_in(const Bytes& bytes) {
  if (is_jpeg(bytes.file)) return jpeg_frame(bytes).size;
  if (bytes.says(0, "\x89PNG\r\n\x1a\n")) return PictureSize{bytes.big32(16), bytes.big32(20)};
  if (bytes.says(0, "BM")) return bmp(bytes);
  if (bytes.says(0, "RIFF") && bytes.says(8, "WEBP")) return webp(bytes);
  if (bytes.says(0, "II*\0"sv) || bytes.says(0, "MM\0*"sv)) return tiff(bytes);
  if (bytes.says(0, "P") && bytes.u8(1) >= '1' && bytes.u8(1) <= '6') return netpbm(bytes);
  return std::nullopt;
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> file) { return file.size() > 2 && file[0] == 0xff && file[1] == 0xd8; }

bool has_exif(std::span<const std::uint8_t> jpeg) { return jpeg_frame({jpeg}).after_exif; }

std::optional<PictureSize> declared_size(std::span<const std::uint8_t> file) {
  try {
    return size_in({file});
  } catch (const CutOff&) {
    return std::nullopt;
  }
}

}  // namespace aviary::data
