// The scripts with which bash, zsh and fish complete command lines. They hold the commands and options as a table and find
// recipes and runs themselves, since the program needs most of a second to start; for plugins and keys they call
// `aviary completion`. Called by that command alone.
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace aviary::commands {

/// For `shell`, one of bash, zsh and fish; `app` is the program itself.
std::string completion_script(const CLI::App& app, std::string_view shell);

}  // namespace aviary::commands
