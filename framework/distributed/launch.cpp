#include "distributed/launch.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::distributed {
namespace {

struct Launcher {
  const char* name;
  const char* rank;
  const char* size;
};

constexpr std::array launchers = {
    Launcher{"torchrun", "RANK", "WORLD_SIZE"},
    Launcher{"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    Launcher{"mpirun", "PMI_RANK", "PMI_SIZE"},
    Launcher{"srun", "SLURM_PROCID", "SLURM_NTASKS"},
};

// A batch script has the variables of the whole job, but it is one process; only what srun starts has a step.
bool launched(const Launcher& launcher, const Variables& variables) {
  if (launcher.name == std::string_view("srun") && variables("SLURM_JOB_ID") != nullptr &&
      variables("SLURM_STEP_ID") == nullptr)
    return false;
  return variables(launcher.rank) != nullptr || variables(launcher.size) != nullptr;
}

std::int64_t number(const char* name, const char* launcher, const Variables& variables, std::int64_t least, std::int64_t most) {
  const char* const text = variables(name);
  if (text == nullptr)
    throw Error(
        fmt::format("{} is not set; a process that {} starts among others has it, and one that trains alone has none of "
                    "its variables",
                    name, launcher),
        Fault::usage);
  const std::string_view digits = text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < least || value > most)
    throw Error(fmt::format("{} is \"{}\"; expected a whole number from {} to {}", name, digits, least, most), Fault::usage);
  return value;
}

}  // namespace

std::optional<Launch> read_launch(const Variables& variables) {
  for (const Launcher& launcher : launchers) {
    if (!launched(launcher, variables)) continue;
    constexpr std::int64_t most = 65536;
    Launch launch;
    launch.size = static_cast<int>(number(launcher.size, launcher.name, variables, 1, most));
    if (launch.size == 1) return std::nullopt;
    launch.rank = static_cast<int>(number(launcher.rank, launcher.name, variables, 0, launch.size - 1));
    const char* const address = variables("MASTER_ADDR");
    if (address == nullptr || *address == '\0' || variables("MASTER_PORT") == nullptr)
      throw Error(fmt::format("{} started {} processes, but MASTER_ADDR and MASTER_PORT do not say where they meet; set both "
                              "to the host of rank 0 and a free port there, or unset {} and {} to train alone",
                              launcher.name, launch.size, launcher.rank, launcher.size),
                  Fault::usage);
    launch.address = address;
    launch.port = static_cast<std::uint16_t>(number("MASTER_PORT", launcher.name, variables, 1, 65535));
    const char* const hosted = variables("TORCHELASTIC_USE_AGENT_STORE");
    launch.hosted = hosted != nullptr && std::string_view(hosted) == "True";
    const char* const attempt = variables("TORCHELASTIC_RESTART_COUNT");
    if (attempt != nullptr) launch.attempt = attempt;
    return launch;
  }
  return std::nullopt;
}

void forget_launch() {
  for (const Launcher& launcher : launchers)
    for (const char* const name : {launcher.rank, launcher.size}) ::unsetenv(name);
}

}  // namespace aviary::distributed
