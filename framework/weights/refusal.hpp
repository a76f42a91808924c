// How the readers and writers of weights say no: they throw the reason alone, and the function that was given the path makes a
// sentence of it with the file's name.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace aviary::weights {

class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throw aviary::Error: "cannot read FILE: REASON".
[[noreturn]] void cannot_read(const std::filesystem::path& path, const Refusal& refusal);
[[noreturn]] void cannot_write(const std::filesystem::path& path, const Refusal& refusal);

/// A name as it is shown to people: in quotes, with control characters escaped, a very long one cut.
std::string in_quotes(std::string_view name);

}  // namespace aviary::weights
