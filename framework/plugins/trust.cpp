#include "plugins/trust.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace aviary::plugins {
namespace {

uid_t program_owner() {
  struct stat status = {};
  return stat("/proc/self/exe", &status) == 0 ? status.st_uid : 0;
}

}  // namespace

std::string distrust(const std::filesystem::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return "cannot be read";
  if ((status.st_mode & S_IWOTH) != 0)
    return fmt::format("is writable by everyone, so anybody could have changed it; if you trust it: chmod o-w '{}'",
                       path.string());
  if (status.st_uid != 0 && status.st_uid != geteuid() && status.st_uid != program_owner())
    return fmt::format("belongs to another user (uid {}); if you trust it: chown {} '{}'", status.st_uid, geteuid(),
                       path.string());
  return "";
}

}  // namespace aviary::plugins
