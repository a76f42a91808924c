// A plugin is code that will run as the user. A file or folder that somebody else could have written is not trusted.
#pragma once

#include <filesystem>
#include <string>

namespace aviary::plugins {

/// Why this file or folder (links followed) is not trusted, with the command that mends it; empty when it is. Trusted: not
/// writable by everyone, and owned by root, by this user, or by the owner of this program.
std::string distrust(const std::filesystem::path& path);

}  // namespace aviary::plugins
