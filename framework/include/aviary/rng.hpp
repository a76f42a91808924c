// Random numbers that depend on a key alone: the same (seed, key) gives the same numbers in every thread, run and process. Keys
// are made of what the draw is for (purpose, epoch, sample, ...), so that the number of workers or an interruption changes
// nothing. Philox 4x32-10 (Salmon et al., 2011), LibTorch's implementation. One generator belongs to one thread.
#pragma once

#include <cstdint>
#include <initializer_list>

#include <ATen/core/PhiloxRNGEngine.h>

#include <aviary/api.hpp>

namespace aviary {

class AVIARY_API Rng {
 public:
  Rng(std::uint64_t seed, std::initializer_list<std::uint64_t> key);

  /// 64 uniform bits.
  std::uint64_t bits();
  /// Uniform in [0, 1).
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform whole number in [low, high]. Precondition: low <= high.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// True with this probability (0 to 1).
  bool chance(double probability);
  /// Standard normal.
  double normal();
  /// Beta distribution, in [0, 1]. Precondition: a and b above 0.
  double beta(double a, double b);

 private:
  at::philox_engine engine_;
};

}  // namespace aviary
