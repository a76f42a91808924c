#include "commands/usage_error.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command_tree.hpp"
#include "recipe/complaint.hpp"

namespace aviary::commands {
namespace {

// The innermost command that the line names.
const CLI::App& named_command(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : named_command(*parsed.front());
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each = &command; each != nullptr; each = each->get_parent())
    for (const CLI::Option* const option : options_of(*each))
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string missing_command(const CLI::App& command, const std::vector<std::string>& rest) {
  std::vector<std::string> names;
  for (const CLI::App* const each : commands_of(command)) names.push_back(each->get_name());
  const auto word = std::ranges::find_if(rest, [](const std::string& each) { return !each.starts_with('-'); });
  if (word != rest.end())
    return fmt::format("there is no command {} {}{}", full_name(command), *word, recipe::suggestion(*word, names));
  return fmt::format("expected a command after {}: {}", full_name(command), fmt::join(names, ", "));
}

std::string unexpected(const CLI::App& command, const std::vector<std::string>& rest) {
  const auto option = std::ranges::find_if(rest, [](const std::string& each) { return each.starts_with('-'); });
  if (option != rest.end()) {
    const std::string name = option->substr(0, option->find('='));
    return fmt::format("{} has no option {}{}", full_name(command), name, recipe::suggestion(name, option_names(command)));
  }
  std::vector<std::string> arguments;
  for (const CLI::Option* const argument : arguments_of(command)) arguments.push_back(argument->get_name(true));
  return fmt::format("{} does not expect {}; it takes {}", full_name(command), rest.front(),
                     arguments.empty() ? "options alone" : fmt::format("{}", fmt::join(arguments, " and ")));
}

// CLI11 says in the message alone which option it is about.
const CLI::Option* culprit(const CLI::App& command, std::string_view message) {
  for (const CLI::App* each = &command; each != nullptr; each = each->get_parent())
    for (const CLI::Option* const option : each->get_options()) {
      const std::string name = option->get_name();
      const std::size_t at = message.find(name);
      if (at != std::string_view::npos && message.substr(at + name.size()).find_first_of(": =") == 0) return option;
    }
  return nullptr;
}

std::string about(const CLI::Option& option, const CLI::ParseError& error) {
  const std::string name = option.get_name();
  const std::string expected =
      option.get_positional() ? option.get_description() : fmt::format("{}: {}", value_name(option), option.get_description());
  if (option.count() == 0)
    return fmt::format("{} is missing; expected {}", option.get_positional() ? name : "the value of " + name, expected);
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
    return fmt::format("{} {} is no number that it takes; expected {}", name, fmt::join(option.results(), " "), expected);
  if (const auto all = choices(option); !all.empty())
    return fmt::format("{} {} is none of {}", name, option.results().front(), fmt::join(all, ", "));
  if (static_cast<int>(option.count()) > option.get_items_expected_max())
    return fmt::format("{} is given {} times; expected once", name, option.count());
  return error.what();
}

}  // namespace

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = named_command(app);
  const std::vector<std::string> rest = app.remaining(true);
  const auto* const required = dynamic_cast<const CLI::RequiredError*>(&error);
  std::string message = error.what();
  if (required != nullptr && command.get_require_subcommand_min() > 0)
    message = missing_command(command, rest);
  else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !rest.empty())
    message = unexpected(command, rest);
  else if (const CLI::Option* const option = culprit(command, message))
    message = about(*option, error);
  return fmt::format("{} ({} --help shows what there is)", message, full_name(command));
}

}  // namespace aviary::commands
