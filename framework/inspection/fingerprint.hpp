// What is kept of a picture, so that it can be compared with every other one. Made and compared from many threads at once.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include <opencv2/core/mat.hpp>

#include <aviary/image.hpp>

#include "data/sha256.hpp"

namespace aviary::inspection {

/// Signs of the slowest cosine waves of the gray picture: bit y * 8 + x goes up and down y times in the height, x times in the
/// width. Pictures that are alike differ in few bits, a mirrored one in nearly all bits with an odd x.
using Waves = std::uint64_t;

inline constexpr Waves odd_waves = 0xaaaaaaaaaaaaaaaa;

/// Of 63. Other photographs of the same kind of thing differ in 7 bits and more.
inline constexpr int most_differing_waves = 6;

struct Fingerprint {
  data::Sha256::Digest pixels{};  ///< SHA-256 of height, width and every pixel
  Waves waves = 0;
  cv::Mat thumbnail;  ///< of one brightness and contrast; empty where the picture is of one color
};

Fingerprint fingerprint_of(const Image& image);

/// Quickly rules out nearly all pictures that are not alike.
inline bool may_be_alike(Waves one, Waves other) {
  const Waves differing = one ^ other;
  if (std::popcount(differing & ~odd_waves) > most_differing_waves) return false;
  return std::popcount(differing) <= most_differing_waves || std::popcount(differing ^ odd_waves) <= most_differing_waves;
}

struct Likeness {
  double correlation;  ///< of the two thumbnails, up to 1
  bool mirrored;       ///< left and right
};

/// Whether both show the same picture: maybe in another size, compressed anew, brighter, darker, or mirrored.
std::optional<Likeness> likeness(const Fingerprint& one, const Fingerprint& other);

}  // namespace aviary::inspection
