#include "plugins/installation.hpp"

#include <system_error>

namespace aviary::plugins {

std::filesystem::path installed_prefix() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path();
}

std::filesystem::path installed_plugins() { return installed_prefix() / AVIARY_PLUGIN_DIR; }

std::filesystem::path installed_data() { return installed_prefix() / AVIARY_DATA_DIR; }

}  // namespace aviary::plugins
