#include "results/environment.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>

#include <torch/version.h>
#include <nlohmann/json.hpp>
#include <opencv2/core/version.hpp>

#include "data/sha256.hpp"
#include "results/blas.hpp"
#include "results/utc_time.hpp"

namespace aviary::results {

namespace {

using nlohmann::json;

#ifdef __clang__
constexpr const char* compiler = __VERSION__;
#else
constexpr const char* compiler = "GCC " __VERSION__;
#endif

/// "model name	: Intel(R) Xeon(R) ..."; other processors than x86 may not tell.
json cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return nullptr;
}

json machine() {
  utsname system{};
  ::uname(&system);
  const auto pages = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES));
  return {{"name", system.nodename},
          {"kernel", std::string(system.sysname) + ' ' + system.release},
          {"cpu", cpu_model()},
          {"cores", std::thread::hardware_concurrency()},
          {"memory", pages * ::sysconf(_SC_PAGESIZE)}};
}

/// What a command prints, without the last line's end; nothing when it fails or is not installed.
std::optional<std::string> output_of(const char* command) {
  std::FILE* pipe = ::popen(command, "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 4096> block;
  for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;) text.append(block.data(), got);
  if (::pclose(pipe) != 0) return std::nullopt;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::optional<json> git_state() {
  const auto commit = output_of("git rev-parse --verify HEAD 2>/dev/null");
  if (!commit) return std::nullopt;
  // Without the lock, a commit that the user makes at this moment does not fail.
  const auto changes = output_of("GIT_OPTIONAL_LOCKS=0 git status --porcelain --untracked-files=no 2>/dev/null");
  return json{{"commit", *commit}, {"dirty", changes && !changes->empty()}};
}

json plugins(const std::vector<std::filesystem::path>& files) {
  json list = json::array();
  for (const std::filesystem::path& file : files) list.push_back({{"file", file.string()}, {"sha256", data::sha256_of(file)}});
  return list;
}

}  // namespace

json describe_environment(const Circumstances& circumstances) {
  const std::string blas = blas_library();
  json environment = {
      {"started", utc_time(circumstances.started)},
      {"command_line", circumstances.command_line},
      {"versions", {{"aviary", AVIARY_VERSION}, {"libtorch", TORCH_VERSION}, {"opencv", CV_VERSION}, {"compiler", compiler}}},
      {"machine", machine()},
      {"device", circumstances.device},
      {"threads", circumstances.threads},
      {"workers", circumstances.workers},
      {"blas", blas.empty() ? json(nullptr) : json(blas)},
      {"plugins", plugins(circumstances.plugin_files)}};
  if (auto git = git_state()) environment["git"] = std::move(*git);
  return environment;
}

}  // namespace aviary::results
