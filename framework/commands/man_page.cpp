// aviary.1, as the installation has it: printed by a command that help does not show.
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "commands/command_tree.hpp"

namespace aviary::commands {
namespace {

// In roff a backslash begins an escape, a dot or an apostrophe at the begin of a line a request, and "-" is a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\')
      out += "\\e";
    else if (letter == '-')
      out += "\\-";
    else
      out += letter;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string options_part(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* const option : options_of(command)) {
    if (option == command.get_help_ptr()) continue;
    const std::string value = value_name(*option);
    text += fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(option->get_name(false, true)),
                        value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(value)), roff(option->get_description()));
  }
  return text;
}

// One that has commands of its own gives way to them.
std::string commands_part(const CLI::App& app) {
  std::string text;
  for (const CLI::App* const command : commands_of(app)) {
    if (!commands_of(*command).empty()) {
      text += commands_part(*command);
      continue;
    }
    text += fmt::format(".SS \"{}\"\n{}.\n", roff(full_name(*command)), roff(command->get_description()));
    for (const CLI::Option* const argument : arguments_of(*command))
      text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(argument->get_name(true)),
                          choices(*argument).empty() ? roff(argument->get_description())
                                                     : roff(fmt::format("{}", fmt::join(choices(*argument), ", "))));
    text += options_part(*command);
    for (const std::string& example : examples_of(*command))
      text += fmt::format(".PP\n.RS\n.EX\n{}\n.EE\n.RE\n", roff(example));
  }
  return text;
}

std::string man_page(const CLI::App& app) {
  return fmt::format(
      R"(.TH AVIARY 1 "" "aviary {}" "User Commands"
.SH NAME
aviary \- train small image classifiers from TOML recipes, with plugins
.SH SYNOPSIS
.B aviary
.I COMMAND
.RI [ ARGUMENTS ]
.RI [ OPTIONS ]
.SH DESCRIPTION
{}.
.PP
.B aviary doctor
checks an installation and says what to mend.
.SH OPTIONS
They may stand before or behind the command.
{}.SH COMMANDS
{}.SH ENVIRONMENT
.TP
.B AVIARY_PLUGIN_PATH
folders and libraries, separated by colons, where plugins are looked for, too
.TP
.B NO_COLOR
no colors, unless
.B \-\-color always
asks for them
.SH "EXIT STATUS"
.TP
.B 0
done
.TP
.B 1
failed
.TP
.B 2
the command line or a recipe is wrong
.TP
.B 130
interrupted
)",
      AVIARY_VERSION, roff(app.get_description()), options_part(app), commands_part(app));
}

}  // namespace

void add_man_page(CLI::App& app) {
  app.add_subcommand("man-page", "the manual page, in roff")->group("")->callback([&app] { fmt::print("{}", man_page(app)); });
}

}  // namespace aviary::commands
