// The same work for many pictures, on several threads at once. Called by what looks at a data set; the thread that calls waits,
// and tells how far the work is.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string_view>

namespace aviary::inspection {

/// Who waits for the work.
struct Watch {
  const std::atomic<bool>& stopped;  ///< once set, no further picture is begun
  /// Called about ten times a second, by the thread that waits.
  std::function<void(std::string_view work, std::size_t done, std::size_t count)> progress;
};

/// Calls `work` once for each number below `count`, from `threads` threads. What it throws comes out here, and ends the rest.
/// Returns false when it was stopped: then not every number had its turn.
bool for_each_number(std::size_t count, int threads, std::string_view name, const Watch& watch,
                     const std::function<void(std::size_t)>& work);

}  // namespace aviary::inspection
