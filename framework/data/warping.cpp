#include "data/warping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <opencv2/imgproc.hpp>

#include <aviary/augment/simd.hpp>

#include "data/interpolation.hpp"
#include "data/linear_resize.hpp"

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
// 21 pixels at a time, all but the first few. Reads a byte before them and writes one after them: masks are slow on some
// processors.
[[gnu::target("avx512vbmi,avx512bw")]] std::ptrdiff_t mirror_wide(const std::uint8_t* from, std::ptrdiff_t count,
                                                                  std::uint8_t* to) {
  constexpr std::ptrdiff_t at_once = 21;
  alignas(64) static constexpr auto order = [] {
    std::array<std::uint8_t, 64> bytes{};
    for (std::ptrdiff_t i = 0; i < 3 * at_once; ++i)
      bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(1 + 3 * (at_once - 1 - i / 3) + i % 3);
    return bytes;
  }();
  const __m512i indices = _mm512_load_si512(order.data());
  std::ptrdiff_t done = 0;
  for (; done + at_once < count; done += at_once) {
    const __m512i pixels = _mm512_loadu_si512(from + 3 * (count - done - at_once) - 1);
    _mm512_storeu_si512(to + 3 * done, _mm512_permutexvar_epi8(indices, pixels));
  }
  return done;
}
#endif

// A row of pixels from right to left.
void mirror(const std::uint8_t* from, std::ptrdiff_t count, std::uint8_t* to) {
  std::ptrdiff_t done = 0;
#ifdef __x86_64__
  if (has_avx512_vbmi()) done = mirror_wide(from, count, to);
#endif
  for (; done < count; ++done) std::memcpy(to + 3 * done, from + 3 * (count - 1 - done), 3);
}

// A picture with a frame of the border around it.
Image framed(const Image& image, int top, int bottom, int left, int right, const Border& border) {
  Image result;
  const bool once = std::max(left, right) < image.cols && std::max(top, bottom) < image.rows;
  if (border.type != cv::BORDER_REFLECT_101 || !once) {
    cv::copyMakeBorder(image, result, top, bottom, left, right, border.type | cv::BORDER_ISOLATED, border.color);
    return result;
  }
  // OpenCV mirrors byte by byte.
  result.create(image.rows + top + bottom, image.cols + left + right, CV_8UC3);
  for (int row = 0; row < image.rows; ++row) {
    std::uint8_t* const out = result.ptr(row + top);
    mirror(image.ptr(row, 1), left, out);
    std::memcpy(out + std::ptrdiff_t{3} * left, image.ptr(row), std::size_t{3} * static_cast<std::size_t>(image.cols));
    mirror(image.ptr(row, image.cols - 1 - right), right, out + std::ptrdiff_t{3} * (left + image.cols));
  }
  const std::size_t length = std::size_t{3} * static_cast<std::size_t>(result.cols);
  for (int row = 1; row <= top; ++row) std::memcpy(result.ptr(top - row), result.ptr(top + row), length);
  const int last = top + image.rows - 1;
  for (int row = 1; row <= bottom; ++row) std::memcpy(result.ptr(last + row), result.ptr(last - row), length);
  return result;
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
  if (left + right + top + bottom > 0) image = framed(image, top, bottom, left, right, border);
  Image part = image(rows + top, columns + left);
  if (m(0, 0) > 0 && m(1, 1) > 0) {
    image = part;
    return left + right + top + bottom > 0 ? Pixel::moved : Pixel::shared;
  }
  Image flipped(part.size(), part.type());
  const bool across = m(0, 0) < 0;
  const bool down = m(1, 1) < 0;
  // In the order of the old rows, which are farther away than the new ones.
  for (int row = 0; row < part.rows; ++row) {
    std::uint8_t* const to = flipped.ptr(down ? part.rows - 1 - row : row);
    if (across)
      mirror(part.ptr(row), part.cols, to);
    else
      std::memcpy(to, part.ptr(row), std::size_t{3} * static_cast<std::size_t>(part.cols));
  }
  image = flipped;
  return Pixel::moved;
}

Image interpolated(const Warp& warp, const Border& border, const Image& image) {
  const auto fixed = [](double number) { return static_cast<Fixed>(std::llround(std::ldexp(number, point))); };
  const cv::Matx23d& m = warp.to_source;
  const Place step = {fixed(m(0, 0)), fixed(m(1, 0))};
  const Interpolation interpolation(image, border);
  Image result(warp.size, CV_8UC3);
  for (int row = 0; row < result.rows; ++row)
    interpolation.line({fixed(m(0, 1) * row + m(0, 2)), fixed(m(1, 1) * row + m(1, 2))}, step, result.cols, result.ptr(row));
  return result;
}

Image resized(const Image& part, const Warp& warp) {
  if (warp.interpolation == cv::INTER_LINEAR) return resize_linear(part, warp.size);
  Image result;
  cv::resize(part, result, warp.size, 0, 0, warp.interpolation);
  return result;
}

}  // namespace

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

bool warp_pixels(const Warp& warp, Image& image) {
  // A warp that never looks outside may do so by rounding.
  const Border border = warp.border.value_or(Border{cv::BORDER_REPLICATE, {}});
  const Pixel pixel = move_pixels(warp, border, image);
  if (pixel != Pixel::interpolated) return pixel == Pixel::shared;
  Image warped;
  if (const cv::Rect part = resized_part(warp, image.size()); !part.empty())
    warped = resized(image(part), warp);
  else if (warp.interpolation == cv::INTER_LINEAR)
    warped = interpolated(warp, border, image);
  else
    cv::warpAffine(image, warped, warp.to_source, warp.size, warp.interpolation | cv::WARP_INVERSE_MAP, border.type,
                   border.color);
  image = warped;
  return false;
}

}  // namespace aviary::data
