// How fast a step goes once it is warm: the first ones of a process make what later ones use, and its heap grows.
#pragma once

#include <chrono>
#include <cstdint>

/// Of steps over so many images, for four seconds.
template <class Step>
double images_per_second(std::int64_t batch_size, const Step& step) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::duration<double> least(4);
  for (int warming = 0; warming < 5; ++warming) step();
  std::int64_t steps = 0;
  const auto began = Clock::now();
  for (; Clock::now() - began < least; ++steps) step();
  return static_cast<double>(steps * batch_size) / std::chrono::duration<double>(Clock::now() - began).count();
}
