#include "commands/command_tree.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aviary::commands {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_positional(); });
}

// CLI11 tells what a validator allows in the type's name alone: "TEXT:{auto,always,never}", "N:INT in [1 - 1024]".
std::vector<std::string> choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find(":{");
  if (begin == std::string::npos) return {};
  std::vector<std::string> all;
  std::stringstream stream(type.substr(begin + 2, type.find('}') - begin - 2));
  for (std::string each; std::getline(stream, each, ',');) all.push_back(each);
  return all;
}

std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  if (const auto all = choices(option); !all.empty()) return fmt::format("{}", fmt::join(all, "|"));
  const std::string type = option.get_type_name();
  const std::string name = type.substr(0, type.find(':'));
  const bool is_own = name != "TEXT" && name != "INT" && name != "UINT" && name != "FLOAT";
  return is_own || !option.get_positional() ? name : option.get_name(true);
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + ' ' + app.get_name();
}

std::vector<std::string> examples_of(const CLI::App& app) {
  std::vector<std::string> examples;
  std::stringstream stream(app.get_footer());
  for (std::string line; std::getline(stream, line);) examples.push_back(line);
  return examples;
}

}  // namespace aviary::commands
