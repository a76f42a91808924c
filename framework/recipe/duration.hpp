// Durations as people write them, in recipes and on the command line, and what ends a session.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace aviary::recipe {

/// "8h30m", "90 min", "1 h 5 m 10 s": whole numbers above 0 in all, each with its unit, the larger unit first. Nothing where
/// the text is no such duration.
std::optional<std::chrono::seconds> duration(const std::string& text);

/// What duration() takes, for messages.
inline constexpr const char* duration_examples = "such as \"8h30m\", \"90 min\" or \"45 s\"";

/// Where a session ends before its training does: one of the two.
struct SessionLimit {
  std::optional<std::chrono::seconds> time;
  std::optional<std::int64_t> epoch;  ///< once so many are complete, those of earlier sessions too
};

/// A duration(), or "epoch 10". Nothing where the text is neither.
std::optional<SessionLimit> session_limit(const std::string& text);

/// What session_limit() takes, for messages.
inline constexpr const char* session_limit_examples = "such as \"8h30m\" or \"90 min\", or \"epoch 10\"";

}  // namespace aviary::recipe
