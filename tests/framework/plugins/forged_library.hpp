// Plugin libraries of the build, the plugins that misbehave, and forgeries of both.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "framework/weights/scratch_folder.hpp"

namespace aviary::test {

inline const std::filesystem::path installed_folder = AVIARY_PREFIX "/lib/aviary/plugins";
inline const std::filesystem::path odd_folder = AVIARY_PREFIX "/tests/plugins";

/// Writes a copy of `original` in which the first `from` is `to`, of the same length.
inline void forge(const std::filesystem::path& original, const std::filesystem::path& copy, const std::string& from,
                  const std::string& to) {
  ASSERT_EQ(from.size(), to.size());
  std::string bytes = bytes_of(original);
  const std::size_t at = bytes.find(from);
  ASSERT_NE(at, std::string::npos) << from << " is not in " << original;
  put_bytes(copy, bytes.replace(at, from.size(), to));
}

struct Ran {
  int exit_code;
  std::string output;  ///< standard output and standard error
};

/// Runs a shell's command line.
inline Ran run(const std::string& command) {
  Ran ran{-1, ""};
  std::FILE* const pipe = ::popen(("(" + command + ") 2>&1").c_str(), "r");
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) ran.output += buffer;
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

inline const std::string program = AVIARY_PREFIX "/bin/aviary";

}  // namespace aviary::test
