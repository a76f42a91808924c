#include "commands/help_page.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "commands/command_tree.hpp"

namespace aviary::commands {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

// A name that leaves no room beside it stands on a line of its own.
std::string section(const std::string& title, const Entries& entries) {
  if (entries.empty()) return "";
  constexpr std::size_t widest = 22;
  std::size_t width = 0;
  for (const auto& [name, help] : entries)
    if (name.size() <= widest) width = std::max(width, name.size());
  std::string text = fmt::format("\n{}:\n", title);
  for (const auto& [name, help] : entries) {
    std::string begin = name;
    if (name.size() > width) {
      text += fmt::format("  {}\n", name);
      begin.clear();
    }
    for (const std::string& line : wrapped(help, page_width - width - 4)) {
      text += fmt::format("  {:{}}  {}\n", begin, width, line);
      begin.clear();
    }
  }
  return text;
}

Entries arguments(const CLI::App& app) {
  Entries entries;
  for (const CLI::Option* const option : arguments_of(app)) {
    const auto all = choices(*option);
    entries.emplace_back(option->get_name(true),
                         all.empty() ? option->get_description() : fmt::format("{}", fmt::join(all, ", ")));
  }
  return entries;
}

Entries options(const CLI::App& app) {
  Entries entries;
  for (const CLI::Option* const option : options_of(app)) {
    const std::string value = value_name(*option);
    entries.emplace_back(option->get_name(false, true) + (value.empty() ? "" : ' ' + value), option->get_description());
  }
  return entries;
}

Entries commands(const CLI::App& app) {
  Entries entries;
  for (const CLI::App* const command : commands_of(app)) entries.emplace_back(command->get_name(), command->get_description());
  return entries;
}

std::string usage_line(const CLI::App& app) {
  std::string line = "Usage: " + full_name(app);
  if (!commands_of(app).empty()) line += " COMMAND";
  for (const CLI::Option* const argument : arguments_of(app)) {
    const bool repeats = argument->get_items_expected_max() > 1;
    const std::string name = argument->get_name(true) + (repeats ? "..." : "");
    line += argument->get_required() ? ' ' + name : fmt::format(" [{}]", name);
  }
  return line + " [OPTIONS]\n";
}

}  // namespace

std::string HelpPage::make_help(const CLI::App* app, std::string /*name*/, CLI::AppFormatMode /*mode*/) const {
  std::string page = usage_line(*app);
  for (const std::string& line : wrapped(app->get_description(), page_width)) page += line + '\n';
  page += section("Arguments", arguments(*app));
  page += section("Commands", commands(*app));
  page += section("Options", options(*app));
  if (app->get_parent() != nullptr) page += "\nOptions of every command: aviary --help\n";
  const std::vector<std::string> examples = examples_of(*app);
  if (!examples.empty()) page += fmt::format("\nExamples:\n  {}\n", fmt::join(examples, "\n  "));
  return page;
}

std::string first_steps() {
  return "Aviary trains small image classifiers: one TOML recipe per experiment.\n"
         "\n"
         "  aviary doctor                                     is this installation sound?\n"
         "  aviary train demo/fashion-mnist --run runs/first  trains a first model\n"
         "  aviary evaluate runs/first                        scores it\n"
         "\n"
         "aviary --help lists all commands, and aviary COMMAND --help explains one.\n";
}

}  // namespace aviary::commands
