// One sentence for a command line that CLI11 refuses: which command, what was found, what it expects. Called by main alone.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace aviary::commands {

/// Precondition: `error` comes from parsing with `app`.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

}  // namespace aviary::commands
