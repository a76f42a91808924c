// What a training ran on and with: environment.json of a run folder. The command `train` writes it once, before the first
// batch; it runs `git`, so from the main thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace aviary::results {

/// What only the caller knows.
struct Circumstances {
  std::string device;  ///< that was chosen: "cpu", "cuda:0"
  int threads = 0;
  int workers = 0;
  std::vector<std::filesystem::path> plugin_files;
  std::vector<std::string> command_line;
  std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
};

/// Keys: started, command_line, versions, machine, device, threads, workers, blas (null where LibTorch brings its own), git
/// (commit, dirty; missing outside of a repository), plugins. Throws aviary::Error when a plugin's file cannot be read.
nlohmann::json describe_environment(const Circumstances& circumstances);

}  // namespace aviary::results
