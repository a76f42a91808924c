#include "data/interpolation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <opencv2/imgproc.hpp>

#include <aviary/augment/simd.hpp>

namespace aviary::data {
namespace {

// Shares of the right pixels have 7 bits, with which a row is exact; shares of the lower row have 15.
constexpr int value_bits = 7;
constexpr int whole_x = 1 << value_bits;
constexpr int whole_y = 1 << 15;
constexpr Fixed fraction = (Fixed{1} << point) - 1;
constexpr Fixed half_share_x = Fixed{1} << (point - 8);  // a share is rounded, so that it may be the whole
constexpr int pixels_a_step = 8;

int whole(Fixed number) { return static_cast<int>(number >> point); }
int share_x_of(Fixed number) { return static_cast<int>(((number & fraction) + half_share_x) >> (point - 7)); }
int share_y_of(Fixed number) { return static_cast<int>(number >> (point - 15)) & (whole_y - 1); }

// Two neighbours of three channels each, and two bytes more.
std::uint64_t load(const std::uint8_t* bytes) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, 8);
  return eight;
}

// What new pixels are made of: two neighbours in a row and the two below, and the shares of the right ones and of the lower
// ones.
struct Sources {
  alignas(64) std::array<std::uint64_t, pixels_a_step> above;
  alignas(64) std::array<std::uint64_t, pixels_a_step> below;
  alignas(64) std::array<std::int64_t, pixels_a_step> share_x;
  alignas(64) std::array<std::int64_t, pixels_a_step> share_y;
};

void blend_narrow(const Sources& from, int count, std::uint8_t* out) {
  const auto byte = [](std::uint64_t bytes, int number) { return static_cast<int>(bytes >> (8 * number) & 0xff); };
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    for (int channel = 0; channel < 3; ++channel) {
      const auto along = [&](std::uint64_t row) {
        const int left = byte(row, channel);
        return left * whole_x + (byte(row, channel + 3) - left) * static_cast<int>(from.share_x[i]);
      };
      const int upper = along(from.above[i]);
      const int value = upper + (((((along(from.below[i]) - upper) * static_cast<int>(from.share_y[i])) >> 14) + 1) >> 1);
      *out++ = static_cast<std::uint8_t>((value + whole_x / 2) >> value_bits);
    }
}

#ifdef __x86_64__
#define AVIARY_WIDE [[gnu::target("avx512bw,avx512vl,avx512dq,avx512vbmi")]]

// Eight pixels; the result stands in the lower 24 bytes.
AVIARY_WIDE inline __m512i blend_eight(__m512i above, __m512i below, __m512i share_x, __m512i share_y) {
  const __m512i sign = _mm512_set1_epi8(-128);  // 0 to 255 becomes -128 to 127, and back at the end
  const __m512i neighbours =
      _mm512_maskz_broadcast_i32x4(0xffff, _mm_setr_epi8(0, 3, 1, 4, 2, 5, 6, 7, 8, 11, 9, 12, 10, 13, 14, 15));
  const __m512i its_word = _mm512_maskz_broadcast_i32x4(0xffff, _mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9));
  const __m512i shares =
      _mm512_add_epi64(_mm512_maskz_mul_epi32(0xff, share_x, _mm512_set1_epi64(255)), _mm512_set1_epi64(whole_x));
  const __m512i weights = _mm512_shuffle_epi8(shares, its_word);  // of the left one, and of the right one
  const __m512i upper = _mm512_maddubs_epi16(weights, _mm512_shuffle_epi8(_mm512_xor_si512(above, sign), neighbours));
  const __m512i lower = _mm512_maddubs_epi16(weights, _mm512_shuffle_epi8(_mm512_xor_si512(below, sign), neighbours));
  const __m512i part = _mm512_mulhrs_epi16(_mm512_sub_epi16(lower, upper), _mm512_shuffle_epi8(share_y, its_word));
  const __m512i value = _mm512_add_epi16(_mm512_add_epi16(upper, part), _mm512_set1_epi16(whole_x / 2));
  alignas(64) static constexpr std::array<std::uint8_t, 64> order = {0,  2,  4,  8,  10, 12, 16, 18, 20, 24, 26, 28,
                                                                     32, 34, 36, 40, 42, 44, 48, 50, 52, 56, 58, 60};
  return _mm512_maskz_permutexvar_epi8(~__mmask64{0}, _mm512_load_si512(order.data()),
                                       _mm512_xor_si512(_mm512_srai_epi16(value, value_bits), sign));
}

AVIARY_WIDE void blend_wide(const Sources& from, int count, std::uint8_t* out) {
  alignas(64) std::array<std::uint8_t, 64> pixels;
  _mm512_store_si512(pixels.data(),
                     blend_eight(_mm512_load_si512(from.above.data()), _mm512_load_si512(from.below.data()),
                                 _mm512_load_si512(from.share_x.data()), _mm512_load_si512(from.share_y.data())));
  std::memcpy(out, pixels.data(), std::size_t{3} * static_cast<std::size_t>(count));
}

AVIARY_WIDE inline __m512i load_eight(const std::uint8_t* bytes, const std::array<std::int64_t, pixels_a_step>& offsets) {
  const auto at = [&](std::size_t i) { return static_cast<long long>(load(bytes + offsets[i])); };
  return _mm512_setr_epi64(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}

// As many pixels as the eights allow; all of them and their neighbours lie within the picture.
AVIARY_WIDE int line_wide(const Image& image, Place first, Place step, int count, std::uint8_t* out) {
  const auto stride = static_cast<std::int64_t>(image.step[0]);
  const __m512i numbers = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  __m512i x = _mm512_add_epi64(_mm512_set1_epi64(first.x), _mm512_mullo_epi64(numbers, _mm512_set1_epi64(step.x)));
  __m512i y = _mm512_add_epi64(_mm512_set1_epi64(first.y), _mm512_mullo_epi64(numbers, _mm512_set1_epi64(step.y)));
  const __m512i next_x = _mm512_set1_epi64(pixels_a_step * step.x);
  const __m512i next_y = _mm512_set1_epi64(pixels_a_step * step.y);
  alignas(64) std::array<std::int64_t, pixels_a_step> offsets;
  int done = 0;
  for (; done + pixels_a_step <= count; done += pixels_a_step) {
    const __m512i column = _mm512_mul_epi32(_mm512_srai_epi64(x, point), _mm512_set1_epi64(3));
    const __m512i row = _mm512_mul_epi32(_mm512_srai_epi64(y, point), _mm512_set1_epi64(stride));
    _mm512_store_si512(offsets.data(), _mm512_add_epi64(column, row));
    const __m512i share_x = _mm512_srli_epi64(
        _mm512_add_epi64(_mm512_and_si512(x, _mm512_set1_epi64(fraction)), _mm512_set1_epi64(half_share_x)), point - 7);
    const __m512i pixels = blend_eight(load_eight(image.data, offsets), load_eight(image.data + stride, offsets), share_x,
                                       _mm512_and_si512(_mm512_srli_epi64(y, point - 15), _mm512_set1_epi64(whole_y - 1)));
    // Not a masked store, which is slow on some processors.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_maskz_extracti32x4_epi32(0xf, pixels, 0));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), _mm512_maskz_extracti32x4_epi32(0xf, pixels, 1));
    out += std::ptrdiff_t{3} * pixels_a_step;
    x = _mm512_add_epi64(x, next_x);
    y = _mm512_add_epi64(y, next_y);
  }
  return done;
}
#undef AVIARY_WIDE
#endif

void blend(const Sources& from, int count, std::uint8_t* out) {
#ifdef __x86_64__
  if (has_avx512_vbmi()) return blend_wide(from, count, out);
#endif
  blend_narrow(from, count, out);
}

Fixed floored(Fixed number, Fixed by) { return number / by - (number % by < 0 ? 1 : 0); }

// Of the numbers [0, count), how many first + number * step lie in front of `limit`.
int in_front(Fixed first, Fixed step, Fixed limit, int count) {
  if (first >= limit) return 0;
  if (step <= 0) return count;
  return static_cast<int>(std::min<Fixed>(count, (limit - 1 - first) / step + 1));
}

// A range of coordinates, all of which are found in one place of the picture, in their order or mirrored or all the same.
struct Piece {
  Fixed begin;
  Fixed end;
  Fixed factor;  ///< 1, -1 or 0
  Fixed offset;

  Fixed found(Fixed at) const { return factor * at + offset; }
  // Of the numbers from 0 on, how many first + number * step lie in the range. Precondition: the first does.
  std::int64_t count(Fixed first, Fixed step) const {
    if (step == 0) return std::numeric_limits<std::int64_t>::max();
    return step > 0 ? (end - 1 - first) / step + 1 : (first - begin) / -step + 1;
  }
};

// What a coordinate belongs to. Places found lie before the last pixel, by a hair where that is meant.
Piece piece_of(Fixed at, int length, int border) {
  const Fixed last = Fixed{length - 1} << point;
  const Fixed close = std::max<Fixed>(last - 1, 0);
  if (at >= 0 && at < last) return {0, last, 1, 0};
  constexpr Fixed far = std::numeric_limits<Fixed>::max() / 2;
  if (length == 1 && border != cv::BORDER_WRAP) return {-far, far, 0, 0};
  if (border == cv::BORDER_REPLICATE) return at < 0 ? Piece{-far, 0, 0, 0} : Piece{last, far, 0, close};
  const Fixed period = border == cv::BORDER_REFLECT_101 ? last : last + (Fixed{1} << point);
  const Fixed number = floored(at, period);
  const Fixed begin = number * period;
  if (border == cv::BORDER_WRAP) return {begin, begin + period, 1, -begin};
  const bool mirrored = number % 2 != 0;
  // BORDER_REFLECT repeats the outermost pixel.
  if (at - begin >= last) return {begin + last, begin + period, 0, mirrored ? 0 : close};
  return mirrored ? Piece{begin, begin + last, -1, begin + close} : Piece{begin, begin + last, 1, -begin};
}

}  // namespace

Interpolation::Interpolation(const Image& image, const Border& border)
    : image_(image), border_(border.type), columns_(image.cols), rows_(image.rows) {
  constexpr int least_columns = 3;  // eight bytes
  if (border_ == cv::BORDER_CONSTANT) {
    // A frame of the color, whose pixels are repeated.
    cv::copyMakeBorder(image, image_, 1, 1, 1, 1, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED, border.color);
    border_ = cv::BORDER_REPLICATE;
    origin_ = Fixed{1} << point;
    columns_ += 2;
    rows_ += 2;
  } else if (border_ == cv::BORDER_WRAP || image.cols < least_columns || image.rows < 2) {
    // So that there is a pixel after the last one.
    cv::copyMakeBorder(image, image_, 0, 1, 0, least_columns - 1, border_ | cv::BORDER_ISOLATED);
  }
}

void Interpolation::line(Place first, Place step, int count, std::uint8_t* out) const {
  first = {first.x + origin_, first.y + origin_};
  while (count > 0) {
    const Piece column = piece_of(first.x, columns_, border_);
    const Piece row = piece_of(first.y, rows_, border_);
    const auto now =
        static_cast<int>(std::min({std::int64_t{count}, column.count(first.x, step.x), row.count(first.y, step.y)}));
    line_within({column.found(first.x), row.found(first.y)}, {column.factor * step.x, row.factor * step.y}, now, out);
    first = {first.x + now * step.x, first.y + now * step.y};
    out += std::ptrdiff_t{3} * now;
    count -= now;
  }
}

// All pixels and the ones after them lie within the picture.
void Interpolation::line_within(Place place, Place step, int count, std::uint8_t* out) const {
  // Eight bytes from the last pixel but one might reach beyond the picture's memory.
  const Fixed near_end = Fixed{image_.cols - 2} << point;
  int slow = 0;
  [[maybe_unused]] int fast = 0;
  if (step.x >= 0) {
    fast = in_front(place.x, step.x, near_end, count);
  } else {
    slow = count - in_front(place.x + (count - 1) * step.x, -step.x, near_end, count);
    fast = count - slow;
  }
  const auto after = [&](int number) { return Place{place.x + number * step.x, place.y + number * step.y}; };
  line_with_care(place, step, slow, out);
  int done = slow;
#ifdef __x86_64__
  if (has_avx512_vbmi()) done += line_wide(image_, after(slow), step, fast, out + std::ptrdiff_t{3} * slow);
#endif
  line_with_care(after(done), step, count - done, out + std::ptrdiff_t{3} * done);
}

void Interpolation::line_with_care(Place place, Place step, int count, std::uint8_t* out) const {
  Sources from;
  while (count > 0) {
    const int now = std::min(count, pixels_a_step);
    for (std::size_t i = 0; i < static_cast<std::size_t>(now); ++i, place.x += step.x, place.y += step.y) {
      // The last two pixels are read with the two bytes before them.
      const int before = whole(place.x) == image_.cols - 2 ? 2 : 0;
      const std::uint8_t* const bytes = image_.ptr(whole(place.y), whole(place.x)) - before;
      from.above[i] = load(bytes) >> (8 * before);
      from.below[i] = load(bytes + image_.step[0]) >> (8 * before);
      from.share_x[i] = share_x_of(place.x);
      from.share_y[i] = share_y_of(place.y);
    }
    blend(from, now, out);
    count -= now;
    out += std::ptrdiff_t{3} * now;
  }
}

}  // namespace aviary::data
