// What --help prints, for every command: within 80 columns, with the examples that the command brings. main gives it to the App
// before the commands are added, which take it over.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace aviary::commands {

class HelpPage final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// What `aviary` alone says.
std::string first_steps();

}  // namespace aviary::commands
