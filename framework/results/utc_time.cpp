#include "results/utc_time.hpp"

#include <fmt/chrono.h>

namespace aviary::results {

std::string utc_time(std::chrono::system_clock::time_point moment) {
  const auto second = std::chrono::floor<std::chrono::seconds>(moment);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(moment - second);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)), rest.count());
}

}  // namespace aviary::results
