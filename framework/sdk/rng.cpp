#include <aviary/rng.hpp>

#include <cmath>
#include <numbers>

namespace aviary {
namespace {

// Finaliser of SplitMix64 (Steele et al., 2014): neighbouring keys give unrelated streams.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t stream(std::initializer_list<std::uint64_t> key) {
  std::uint64_t hash = key.size();
  for (const std::uint64_t part : key) hash = mix(hash ^ mix(part));
  return hash;
}

// A gamma variate with scale 1: Marsaglia and Tsang, 2000; shapes below 1 by the power of a uniform number.
double gamma(Rng& rng, double shape) {
  if (shape < 1) return gamma(rng, shape + 1) * std::pow(1 - rng.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = rng.normal();
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - rng.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::initializer_list<std::uint64_t> key) : engine_(seed, stream(key)) {}

std::uint64_t Rng::bits() {
  const std::uint64_t high = engine_();
  return high << 32 | engine_();
}

double Rng::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::int64_t Rng::integer(std::int64_t low, std::int64_t high) {
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  if (count == 0) return static_cast<std::int64_t>(bits());
  // Numbers above the last whole multiple of `count` would favour small results.
  const std::uint64_t surplus = (0 - count) % count;
  std::uint64_t draw = bits();
  while (draw > UINT64_MAX - surplus) draw = bits();
  return low + static_cast<std::int64_t>(draw % count);
}

bool Rng::chance(double probability) { return uniform() < probability; }

double Rng::beta(double a, double b) {
  const double x = gamma(*this, a);
  const double sum = x + gamma(*this, b);
  return sum > 0 ? x / sum : 0.5;  // both are too small to be told from 0
}

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace aviary
