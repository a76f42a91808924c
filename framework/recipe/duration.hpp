// Durations as people write them, in recipes and on the command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace aviary::recipe {

/// "8h30m", "90 min", "1 h 5 m 10 s": whole numbers above 0 in all, each with its unit, the larger unit first. Nothing where
/// the text is no such duration.
std::optional<std::chrono::seconds> duration(const std::string& text);

/// What duration() takes, for messages.
inline constexpr const char* duration_examples = "such as \"8h30m\", \"90 min\" or \"45 s\"";

}  // namespace aviary::recipe
