// Where the program's own files lie, found from where the program lies, so that an installation can be moved as a whole.
#pragma once

#include <filesystem>

namespace aviary::plugins {

std::filesystem::path installed_prefix();
/// PREFIX/lib/aviary/plugins
std::filesystem::path installed_plugins();
/// PREFIX/share/aviary: recipes/, templates/
std::filesystem::path installed_data();

}  // namespace aviary::plugins
