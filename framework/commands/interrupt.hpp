// Ctrl-C and SIGTERM.
#pragma once

#include <atomic>

namespace aviary::commands {

/// From now on the first signal sets the flag, and a second one ends the program at once with exit code 130.
const std::atomic<bool>& catch_interrupts();

}  // namespace aviary::commands
