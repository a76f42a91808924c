#include "data/linear_resize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <aviary/augment/simd.hpp>

namespace aviary::data {
namespace {

// Values in between have 7 bits after the point, weights 15. Along the rows first: each old row that is needed once.
using Word = std::int16_t;
using Line = std::vector<Word>;
constexpr int line_bits = 7;
constexpr int weight_bits = 15;

// An old row or column, and the share of the one after it.
struct Source {
  int first;
  Word share;
};

std::vector<Source> sources(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  std::vector<Source> all;
  for (int i = 0; i < to; ++i) {
    const double at = std::clamp((i + 0.5) * scale - 0.5, 0.0, static_cast<double>(from - 1));
    const int first = std::min(static_cast<int>(at), std::max(0, from - 2));
    all.push_back({first, static_cast<Word>(std::min(32767L, std::lround((at - first) * (1 << weight_bits))))});
  }
  return all;
}

Word between(Word first, Word second, Word share) {
  return static_cast<Word>(first + (((((second - first) * share) >> (weight_bits - 1)) + 1) >> 1));
}

std::uint8_t rounded(Word value) { return static_cast<std::uint8_t>((value + (1 << (line_bits - 1))) >> line_bits); }

constexpr std::size_t pixels_at_once = 10;
constexpr int words_at_once = 32;

// How ten new pixels of a row are taken from 64 bytes.
struct Ten {
  int begin;  // of the bytes in the row
  alignas(64) std::array<std::uint8_t, 64> left;
  alignas(64) std::array<std::uint8_t, 64> right;
  alignas(64) std::array<Word, words_at_once> share;
};

#ifdef __x86_64__
#define AVIARY_WIDE [[gnu::target("avx512vbmi,avx512bw")]]

AVIARY_WIDE inline __m512i between_wide(__m512i first, __m512i second, __m512i share) {
  return _mm512_add_epi16(first, _mm512_mulhrs_epi16(_mm512_sub_epi16(second, first), share));
}

// Words of 7 bits after the point, picked out of the bytes.
AVIARY_WIDE inline __m512i words_wide(const std::array<std::uint8_t, 64>& order, __m512i bytes) {
  constexpr __mmask64 low_bytes = 0x5555555555555555;
  return _mm512_slli_epi16(_mm512_maskz_permutexvar_epi8(low_bytes, _mm512_load_si512(order.data()), bytes), line_bits);
}

AVIARY_WIDE void along_row_wide(const std::vector<Ten>& tens, const std::uint8_t* from, int length, Word* to) {
  for (const Ten& ten : tens) {
    const int there = std::min(64, length - ten.begin);
    const __m512i bytes = _mm512_maskz_loadu_epi8(~std::uint64_t{0} >> (64 - there), from + ten.begin);
    const __m512i share = _mm512_load_si512(ten.share.data());
    _mm512_storeu_si512(to, between_wide(words_wide(ten.left, bytes), words_wide(ten.right, bytes), share));
    to += 3 * pixels_at_once;
  }
}

AVIARY_WIDE std::size_t between_rows_wide(const Word* above, const Word* below, Word share, std::size_t length,
                                          std::uint8_t* to) {
  std::size_t done = 0;
  for (; done + words_at_once <= length; done += words_at_once) {
    const __m512i value =
        between_wide(_mm512_loadu_si512(above + done), _mm512_loadu_si512(below + done), _mm512_set1_epi16(share));
    const __m512i result = _mm512_srai_epi16(_mm512_add_epi16(value, _mm512_set1_epi16(1 << (line_bits - 1))), line_bits);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + done), _mm512_cvtepi16_epi8(result));
  }
  return done;
}
#undef AVIARY_WIDE
#endif

class Columns {
 public:
  Columns(int from, int to) : from_(from), sources_(sources(from, to)) {
    if (!has_avx512_vbmi()) return;
    for (std::size_t begin = 0; begin < sources_.size(); begin += pixels_at_once) {
      Ten& ten = tens_.emplace_back(Ten{3 * sources_[begin].first, {}, {}, {}});
      const std::size_t end = std::min(sources_.size(), begin + pixels_at_once);
      for (std::size_t i = begin; i < end; ++i) {
        for (std::size_t channel = 0; channel < 3; ++channel) {
          const std::size_t word = 3 * (i - begin) + channel;
          const int left = 3 * sources_[i].first + static_cast<int>(channel) - ten.begin;
          const int right = left + (from > 1 ? 3 : 0);
          if (right > 63) {  // shrinks to less than a half
            tens_.clear();
            return;
          }
          ten.left[2 * word] = static_cast<std::uint8_t>(left);
          ten.right[2 * word] = static_cast<std::uint8_t>(right);
          ten.share[word] = sources_[i].share;
        }
      }
    }
  }

  // `to` has room for words_at_once more.
  void along(const std::uint8_t* from, Word* to) const {
#ifdef __x86_64__
    if (!tens_.empty()) return along_row_wide(tens_, from, 3 * from_, to);
#endif
    const std::size_t next = from_ > 1 ? 3 : 0;
    for (const auto& [first, share] : sources_) {
      const std::uint8_t* const pixel = from + std::size_t{3} * static_cast<std::size_t>(first);
      for (std::size_t channel = 0; channel < 3; ++channel)
        *to++ = between(static_cast<Word>(pixel[channel] << line_bits), static_cast<Word>(pixel[channel + next] << line_bits),
                        share);
    }
  }

 private:
  int from_;
  std::vector<Source> sources_;
  std::vector<Ten> tens_;
};

}  // namespace

Image resize_linear(const Image& image, cv::Size size) {
  const Columns columns(image.cols, size.width);
  const std::size_t length = std::size_t{3} * static_cast<std::size_t>(size.width);
  Image result(size, CV_8UC3);
  Line above(length + words_at_once);
  Line below(length + words_at_once);
  int row_above = -1;
  int row_below = -1;
  std::uint8_t* to = result.data;
  for (const auto& [first, share] : sources(image.rows, size.height)) {
    if (row_below == first) {
      std::swap(above, below);
      std::swap(row_above, row_below);
    }
    if (row_above != first) columns.along(image.ptr(row_above = first), above.data());
    const int second = std::min(first + 1, image.rows - 1);
    if (row_below != second) columns.along(image.ptr(row_below = second), below.data());
    std::size_t done = 0;
#ifdef __x86_64__
    if (has_avx512_vbmi()) done = between_rows_wide(above.data(), below.data(), share, length, to);
#endif
    for (; done < length; ++done) to[done] = rounded(between(above[done], below[done], share));
    to += length;
  }
  return result;
}

}  // namespace aviary::data
