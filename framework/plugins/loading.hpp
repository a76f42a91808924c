// Opening a plugin library. What is opened stays open for the life of the process.
#pragma once

#include <filesystem>

#include <aviary/plugin.hpp>

namespace aviary::plugins {

/// Binds all symbols at once, and keeps them to the library. Throws Error whose text follows the file's name. A static
/// initialiser that throws cannot be caught: it ends the program with a sentence that names the file, exit code 1.
const Library* load_library(const std::filesystem::path& file);

}  // namespace aviary::plugins
