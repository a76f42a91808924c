#include "data/warping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <opencv2/imgproc.hpp>

namespace aviary::data {
namespace {

// The rows or columns that `count` new ones come from, where they come from whole ones, in their order or mirrored.
std::optional<cv::Range> moved(double step, double first, int count, int length) {
  if (std::abs(step) != 1 || first != std::round(first) || std::abs(first) > 1e6) return std::nullopt;
  const int begin = static_cast<int>(step > 0 ? first : first - (count - 1));
  if (begin >= length || begin + count <= 0) return std::nullopt;  // all of it is border
  return cv::Range{begin, begin + count};
}

#ifdef __x86_64__
// 21 pixels at a time.
[[gnu::target("avx512vbmi,avx512bw")]] int mirror_wide(const std::uint8_t* from, int count, std::uint8_t* to) {
  constexpr int at_once = 21;
  alignas(64) std::uint8_t order[64] = {};
  for (int i = 0; i < 3 * at_once; ++i) order[i] = static_cast<std::uint8_t>(3 * (at_once - 1 - i / 3) + i % 3);
  const __m512i indices = _mm512_load_si512(order);
  constexpr __mmask64 used = (std::uint64_t{1} << (3 * at_once)) - 1;
  int done = 0;
  for (; done + at_once <= count; done += at_once) {
    const __m512i pixels = _mm512_maskz_loadu_epi8(used, from + 3 * (count - done - at_once));
    _mm512_mask_storeu_epi8(to + 3 * done, used, _mm512_permutexvar_epi8(indices, pixels));
  }
  return done;
}
#endif

// A row of pixels from right to left.
void mirror(const std::uint8_t* from, int count, std::uint8_t* to) {
  int done = 0;
#ifdef __x86_64__
  static const bool wide = __builtin_cpu_supports("avx512vbmi") != 0;
  if (wide) done = mirror_wide(from, count, to);
#endif
  for (; done < count; ++done) std::memcpy(to + 3 * done, from + 3 * (count - 1 - done), 3);
}

enum class Pixel { interpolated, moved, shared };

// Moves pixels where nothing is to be interpolated; of a crop it takes no copy.
Pixel move_pixels(const Warp& warp, const Border& border, Image& image) {
  const cv::Matx23d& m = warp.to_source;
  if (m(0, 1) != 0 || m(1, 0) != 0) return Pixel::interpolated;
  const auto columns_from = moved(m(0, 0), m(0, 2), warp.size.width, image.cols);
  const auto rows_from = moved(m(1, 1), m(1, 2), warp.size.height, image.rows);
  if (!columns_from || !rows_from) return Pixel::interpolated;
  const cv::Range columns = *columns_from;
  const cv::Range rows = *rows_from;
  const int left = std::max(0, -columns.start);
  const int right = std::max(0, columns.end - image.cols);
  const int top = std::max(0, -rows.start);
  const int bottom = std::max(0, rows.end - image.rows);
  if (left + right + top + bottom > 0) {
    Image framed;
    cv::copyMakeBorder(image, framed, top, bottom, left, right, border.type | cv::BORDER_ISOLATED, border.color);
    image = framed;
  }
  Image part = image(rows + top, columns + left);
  if (m(0, 0) > 0 && m(1, 1) > 0) {
    image = part;
    return left + right + top + bottom > 0 ? Pixel::moved : Pixel::shared;
  }
  Image flipped(part.size(), part.type());
  const bool across = m(0, 0) < 0;
  const bool down = m(1, 1) < 0;
  for (int row = 0; row < part.rows; ++row) {
    const std::uint8_t* const from = part.ptr(down ? part.rows - 1 - row : row);
    if (across)
      mirror(from, part.cols, flipped.ptr(row));
    else
      std::memcpy(flipped.ptr(row), from, std::size_t{3} * static_cast<std::size_t>(part.cols));
  }
  image = flipped;
  return Pixel::moved;
}

// The part of the picture that a warp does nothing to but resize it, as cv::resize aligns the two; empty if it does more.
cv::Rect resized_part(const Warp& warp, cv::Size size) {
  const cv::Matx23d& m = warp.to_source;
  if (m(0, 1) != 0 || m(1, 0) != 0 || m(0, 0) <= 0 || m(1, 1) <= 0 || warp.interpolation == cv::INTER_NEAREST) return {};
  const auto nearly_whole = [](double number) { return std::abs(number - std::round(number)) < 1e-6; };
  const double x = m(0, 2) - (m(0, 0) - 1) / 2;
  const double y = m(1, 2) - (m(1, 1) - 1) / 2;
  const double width = m(0, 0) * warp.size.width;
  const double height = m(1, 1) * warp.size.height;
  if (!nearly_whole(x) || !nearly_whole(y) || !nearly_whole(width) || !nearly_whole(height)) return {};
  const cv::Rect part(cvRound(x), cvRound(y), cvRound(width), cvRound(height));
  return (part & cv::Rect({}, size)) == part ? part : cv::Rect();
}

// Bilinear interpolation with weights of 7 bits, four times as fine as OpenCV's. What lies inside the picture is read eight
// bytes at a time: two neighbours of three channels each, and two bytes more.
using Bytes = std::uint8_t __attribute__((vector_size(16)));
using Words = std::int16_t __attribute__((vector_size(16)));
constexpr int weight_bits = 7;
constexpr unsigned one = 1U << weight_bits;

inline Words load(const std::uint8_t* bytes) {
  Bytes eight{};
  std::memcpy(&eight, bytes, 8);
  return reinterpret_cast<Words>(
      __builtin_shufflevector(eight, Bytes{}, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
}

inline Words between(Words first, Words second, unsigned share) {
  return first + (((second - first) * static_cast<std::int16_t>(share) + static_cast<std::int16_t>(one / 2)) >> weight_bits);
}

inline Words moved_by_a_pixel(Words words) { return __builtin_shufflevector(words, Words{}, 3, 4, 5, 6, 7, 8, 8, 8); }

// The low bytes of the first three words.
inline std::uint32_t narrowed(Words words) {
  const Bytes bytes = __builtin_shufflevector(reinterpret_cast<Bytes>(words), Bytes{}, 0, 2, 4, 6, 8, 10, 12, 14, 16, 16, 16,
                                              16, 16, 16, 16, 16);
  std::uint32_t four = 0;
  std::memcpy(&four, &bytes, 4);
  return four;
}

// Coordinates in 32 bits before the point and 32 after.
using Fixed = std::int64_t;
constexpr int point = 32;
Fixed fixed(double number) { return static_cast<Fixed>(std::llround(std::ldexp(number, point))); }
int whole(Fixed number) { return static_cast<int>(number >> point); }
unsigned share_of(Fixed number) { return static_cast<unsigned>(number >> (point - weight_bits)) & (one - 1); }

// Three channels in one number, 16 bits each, so that one multiplication weighs all of them.
using Packed = std::uint64_t;
Packed packed(const std::uint8_t* pixel) { return pixel[0] | Packed{pixel[1]} << 16 | Packed{pixel[2]} << 32; }
Packed between(Packed first, Packed second, unsigned share) {
  constexpr Packed half = one / 2 * 0x0001'0001'0001;
  return ((first * (one - share) + second * share + half) >> weight_bits) & 0x00ff'00ff'00ff;
}

// Interpolates where some of the four neighbours lie outside the picture.
class Outside {
 public:
  Outside(const Image& image, const Border& border) : image_(image), border_(border) {
    for (int channel = 0; channel < 3; ++channel) color_[channel] = cv::saturate_cast<std::uint8_t>(border.color[channel]);
  }

  void blend(Fixed x, Fixed y, std::uint8_t* out) {
    const Neighbours across = neighbours(whole(x), image_.cols, columns_);
    const Neighbours down = neighbours(whole(y), image_.rows, rows_);
    const Packed left = between(pixel(across.first, down.first), pixel(across.first, down.second), share_of(y));
    const Packed right = between(pixel(across.second, down.first), pixel(across.second, down.second), share_of(y));
    const Packed mean = between(left, right, share_of(x));
    for (int channel = 0; channel < 3; ++channel) out[channel] = static_cast<std::uint8_t>(mean >> (16 * channel));
  }

 private:
  // Where a coordinate and the one after it lead; below 0: to the border's color.
  struct Neighbours {
    int at = std::numeric_limits<int>::min();
    int first = 0;
    int second = 0;
  };
  using Known = std::array<Neighbours, 1024>;

  // cv::borderInterpolate() is slow; rows and columns come again and again.
  const Neighbours& neighbours(int at, int length, Known& known) const {
    Neighbours& found = known[static_cast<std::size_t>(at) % known.size()];
    if (found.at != at)
      found = {at, cv::borderInterpolate(at, length, border_.type), cv::borderInterpolate(at + 1, length, border_.type)};
    return found;
  }

  Packed pixel(int column, int row) const { return packed(column < 0 || row < 0 ? color_ : image_.ptr(row, column)); }

  const Image& image_;
  const Border& border_;
  std::uint8_t color_[3];
  Known columns_;
  Known rows_;
};

// Of the columns [begin, end), those for which first + column * step lies within [0, limit).
void narrow(Fixed first, Fixed step, Fixed limit, std::int64_t& begin, std::int64_t& end) {
  const auto floor_of = [](Fixed number, Fixed by) {
    return number / by - (number % by != 0 && (number < 0) != (by < 0) ? 1 : 0);
  };
  const std::int64_t all = end;
  if (step == 0) {
    if (first < 0 || first >= limit) end = begin;
  } else if (step > 0) {
    begin = std::max(begin, -floor_of(first, step));
    end = std::min(end, floor_of(limit - 1 - first, step) + 1);
  } else {
    begin = std::max(begin, -floor_of(first - limit + 1, step));
    end = std::min(end, floor_of(-first, step) + 1);
  }
  begin = std::min(begin, all);
  end = std::max(end, begin);
}

struct Place {
  Fixed x;
  Fixed y;
};

// The columns [begin, end) of a row, whose first pixel comes from `first`; all of them from within the picture.
[[gnu::always_inline]] inline void interpolate(const std::uint8_t* image, std::size_t stride, Place first, Place step,
                                               std::int64_t begin, std::int64_t end, std::uint8_t* out) {
  Fixed x = first.x + begin * step.x;
  Fixed y = first.y + begin * step.y;
  for (std::int64_t column = begin; column < end; ++column, x += step.x, y += step.y) {
    const std::uint8_t* const above = image + static_cast<std::size_t>(y >> point) * stride + 3 * (x >> point);
    const Words left = between(load(above), load(above + stride), share_of(y));
    const std::uint32_t pixel = narrowed(between(left, moved_by_a_pixel(left), share_of(x)));
    std::memcpy(out + 3 * column, &pixel, 4);  // the fourth is the next pixel's
  }
}

#ifdef __x86_64__
// Not target_clones: its resolver runs before the thread sanitizer is there.
[[gnu::target("avx2")]] void interpolate_avx2(const std::uint8_t* image, std::size_t stride, Place first, Place step,
                                              std::int64_t begin, std::int64_t end, std::uint8_t* out) {
  interpolate(image, stride, first, step, begin, end, out);
}
#endif

// By the best that the processor has.
void interpolate_row(const std::uint8_t* image, std::size_t stride, Place first, Place step, std::int64_t begin,
                     std::int64_t end, std::uint8_t* out) {
#ifdef __x86_64__
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2) return interpolate_avx2(image, stride, first, step, begin, end, out);
#endif
  interpolate(image, stride, first, step, begin, end, out);
}

Image interpolated(const Warp& warp, const Border& border, const Image& image) {
  const cv::Matx23d& m = warp.to_source;
  Outside outside(image, border);
  const Fixed step_x = fixed(m(0, 0));
  const Fixed step_y = fixed(m(1, 0));
  Image result(warp.size, CV_8UC3);
  for (int row = 0; row < result.rows; ++row) {
    const Fixed first_x = fixed(m(0, 1) * row + m(0, 2));
    const Fixed first_y = fixed(m(1, 1) * row + m(1, 2));
    std::int64_t begin = 0;
    std::int64_t end = std::max(0, result.cols - 1);  // the last one is written byte by byte
    narrow(first_x, step_x, Fixed{image.cols - 2} << point, begin, end);
    narrow(first_y, step_y, Fixed{image.rows - 1} << point, begin, end);
    std::uint8_t* const out = result.ptr(row);
    const auto slowly = [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t column = from; column < to; ++column)
        outside.blend(first_x + column * step_x, first_y + column * step_y, out + 3 * column);
    };
    slowly(0, begin);
    interpolate_row(image.data, image.step[0], {first_x, first_y}, {step_x, step_y}, begin, end, out);
    slowly(end, result.cols);
  }
  return result;
}

}  // namespace

bool warp_pixels(const Warp& warp, Image& image) {
  // A warp that never looks outside may do so by rounding.
  const Border border = warp.border.value_or(Border{cv::BORDER_REPLICATE, {}});
  const Pixel pixel = move_pixels(warp, border, image);
  if (pixel != Pixel::interpolated) return pixel == Pixel::shared;
  Image warped;
  if (const cv::Rect part = resized_part(warp, image.size()); !part.empty())
    cv::resize(image(part), warped, warp.size, 0, 0, warp.interpolation);
  else if (warp.interpolation == cv::INTER_LINEAR)
    warped = interpolated(warp, border, image);
  else
    cv::warpAffine(image, warped, warp.to_source, warp.size, warp.interpolation | cv::WARP_INVERSE_MAP, border.type,
                   border.color);
  image = warped;
  return false;
}

}  // namespace aviary::data
