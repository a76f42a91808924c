// Moments as they stand in the files of a run: ISO 8601, UTC, milliseconds. From any thread.
#pragma once

#include <chrono>
#include <string>

namespace aviary::results {

/// "2026-11-24T22:54:01.123Z"
std::string utc_time(std::chrono::system_clock::time_point moment);

}  // namespace aviary::results
