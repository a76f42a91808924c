#include "recipe/duration.hpp"

#include <regex>

namespace aviary::recipe {

std::optional<std::chrono::seconds> duration(const std::string& text) {
  // Six digits: what is counted in them cannot overflow.
  static const std::regex form(R"( *(?:(\d{1,6}) *h)? *(?:(\d{1,6}) *m(?:in)?)? *(?:(\d{1,6}) *s)? *)");
  std::smatch parts;
  if (!std::regex_match(text, parts, form)) return std::nullopt;
  const auto number = [&](std::size_t part) { return parts[part].matched ? std::stol(parts[part]) : 0; };
  const std::chrono::seconds seconds(3600 * number(1) + 60 * number(2) + number(3));
  if (seconds.count() == 0) return std::nullopt;
  return seconds;
}

std::optional<SessionLimit> session_limit(const std::string& text) {
  static const std::regex form(R"( *epoch +(\d{1,6}) *)");
  if (std::smatch parts; std::regex_match(text, parts, form)) return SessionLimit{{}, std::stoll(parts[1])};
  const auto time = duration(text);
  return time ? std::optional(SessionLimit{time, {}}) : std::nullopt;
}

}  // namespace aviary::recipe
