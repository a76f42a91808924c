// The command line as CLI11 holds it, read back: help, man page, completion and messages are made of it, so that a command or
// an option is written in one place. Used from the main thread; what is returned lives as long as the App.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace aviary::commands {

/// The commands that help shows, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// What stands without a name of its own, in order: RECIPE.
std::vector<const CLI::Option*> arguments_of(const CLI::App& app);

/// --set, and flags such as --json.
std::vector<const CLI::Option*> options_of(const CLI::App& app);

/// All texts that an option takes, where it takes no others: "auto", "always", "never".
std::vector<std::string> choices(const CLI::Option& option);

/// What is given to an option, "N" or "auto|always|never"; empty for a flag. For an argument, what completes it: "RUN".
std::string value_name(const CLI::Option& option);

/// "aviary recipe show"
std::string full_name(const CLI::App& app);

/// The lines of an app's footer: command lines that work.
std::vector<std::string> examples_of(const CLI::App& app);

}  // namespace aviary::commands
