// The SHA-256 of a file, as environment.json names the plugins with. From any thread.
#pragma once

#include <filesystem>
#include <string>

namespace aviary::results {

/// 64 hexadecimal digits. Throws aviary::Error when the file cannot be read.
std::string sha256_of(const std::filesystem::path& file);

}  // namespace aviary::results
