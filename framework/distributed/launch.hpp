// What a launcher tells its processes by environment variables: torchrun, mpirun and Slurm's srun each in their own words. Read
// once, when a command that can train on several processes begins.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace aviary::distributed {

struct Launch {
  int rank = 0;
  int size = 2;
  std::string address;  ///< where the processes meet: MASTER_ADDR and MASTER_PORT
  std::uint16_t port = 0;
  bool hosted = false;       ///< torchrun itself listens there; else the process of rank 0 does
  std::string attempt = {};  ///< of torchrun, which starts processes that failed once more
};

/// The value of an environment variable, or null.
using Variables = std::function<const char*(const char* name)>;

/// Nothing for a process that is alone, launched or not. Throws Error (Fault::usage) for variables that are missing or wrong.
std::optional<Launch> read_launch(const Variables& variables);

/// Takes its variables out of the environment: what this process starts is not of its launch. Precondition: called before any
/// thread starts.
void forget_launch();

}  // namespace aviary::distributed
