// Text from outside, made safe for a terminal. From any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace aviary::results {

/// Names of files may hold anything, escape codes too: control characters become '?', but for those in `kept`.
inline std::string printable(std::string text, std::string_view kept = "") {
  std::ranges::replace_if(
      text,
      [&](unsigned char byte) {
        return (byte < 0x20 || byte == 0x7f) && kept.find(static_cast<char>(byte)) == std::string_view::npos;
      },
      '?');
  return text;
}

}  // namespace aviary::results
