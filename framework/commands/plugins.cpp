#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "plugins/installation.hpp"
#include "plugins/project.hpp"
#include "recipe/complaint.hpp"

namespace aviary::commands {
namespace {

void list(bool load, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  for (const plugins::Available& available : load ? catalogue.available() : std::vector<plugins::Available>{}) {
    try {
      catalogue.settings(available);
    } catch (const Error&) {
      continue;  // it is among the refused now
    }
  }
  const auto refused = [&](const plugins::Available& available) {
    return std::ranges::any_of(catalogue.refused(), [&](const auto& entry) { return entry.file == available.file; });
  };
  if (global.json) {
    nlohmann::ordered_json json = {{"plugins", nlohmann::json::array()}, {"refused", nlohmann::json::array()}};
    for (const plugins::Available& entry : catalogue.available())
      if (!refused(entry))
        json["plugins"].push_back(
            {{"kind", to_string(entry.kind)}, {"name", entry.name}, {"summary", entry.summary}, {"file", entry.file.string()}});
    for (const plugins::Refused& entry : catalogue.refused())
      json["refused"].push_back({{"file", entry.file.string()}, {"reason", entry.reason}});
    print(json);
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const plugins::Available& entry : catalogue.available())
    if (!refused(entry)) rows.push_back({std::string(to_string(entry.kind)), entry.name, entry.summary});
  if (rows.empty()) fmt::print("no plugins\n");
  print_columns(rows);
  if (!catalogue.refused().empty()) fmt::print("\nrefused:\n");
  for (const plugins::Refused& entry : catalogue.refused()) fmt::print("  {} {}\n", entry.file.string(), entry.reason);
}

std::vector<plugins::Available> named(const plugins::Catalogue& catalogue, const std::string& name) {
  std::vector<plugins::Available> found;
  std::vector<std::string> names;
  for (const plugins::Available& entry : catalogue.available()) {
    names.push_back(entry.name);
    if (entry.name == name) found.push_back(entry);
  }
  for (const plugins::Refused& refused : catalogue.refused())
    for (const plugins::Offer& offer : refused.offers)
      if (found.empty() && offer.name == name)
        throw Error(fmt::format("plugin {} is refused: {} {}", name, refused.file.string(), refused.reason));
  if (found.empty()) throw Error(fmt::format("no plugin {}{}", name, recipe::suggestion(name, names)), Fault::usage);
  return found;
}

std::string default_text(const Setting& setting) {
  if (setting.is_required()) return "required";
  const std::string text = to_toml(setting.fallback());
  return text.empty() ? "-" : text;
}

std::string allowed_text(const Setting& setting) {
  if (setting.type() == Type::component || setting.type() == Type::components)
    return fmt::format("{} (of kind {})", setting.expected(), to_string(setting.component_kind()));
  return setting.expected();
}

void describe(const std::string& name, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  auto json = nlohmann::ordered_json::array();
  for (const plugins::Available& entry : named(catalogue, name)) {
    const SettingList list = catalogue.settings(entry);
    if (global.json) {
      auto settings = nlohmann::ordered_json::array();
      for (const Setting& setting : list.settings)
        settings.push_back({{"key", setting.key()},
                            {"default", default_text(setting)},
                            {"expected", allowed_text(setting)},
                            {"help", setting.help()}});
      json.push_back({{"kind", to_string(entry.kind)},
                      {"name", entry.name},
                      {"summary", entry.summary},
                      {"file", entry.file.string()},
                      {"settings", settings}});
      continue;
    }
    const std::string title = fmt::format("{} {}: {}", to_string(entry.kind), entry.name, entry.summary);
    fmt::print("{}\n{}\n\n", fmt::join(wrapped(title, page_width), "\n"), entry.file.string());
    std::vector<std::vector<std::string>> rows = {{"setting", "default", "expected"}};
    for (const Setting& setting : list.settings) {
      rows.push_back({setting.key(), default_text(setting), allowed_text(setting)});
      rows.push_back({"  " + setting.help()});
    }
    if (list.settings.empty()) rows = {{"no settings"}};
    print_columns(rows);
  }
  if (global.json) print({{"plugins", json}});
}

}  // namespace

void add_plugins(CLI::App& app, Global& global) {
  CLI::App* const command =
      app.add_subcommand("plugins", "list and describe plugins, or begin a new one")->require_subcommand(1);

  auto load = std::make_shared<bool>(false);
  CLI::App* const list_command = command->add_subcommand("list", "all components that plugins offer, and refused libraries");
  list_command->add_flag("--load", *load, "also load each library, to see whether it loads and describes itself");
  list_command->footer("aviary plugins list --load");
  list_command->callback([load, &global] { list(*load, global); });

  auto name = std::make_shared<std::string>();
  CLI::App* const describe_command = command->add_subcommand("describe", "the settings of a component");
  describe_command->add_option("NAME", *name, "as recipes name it")->required()->type_name("PLUGIN");
  describe_command->footer("aviary plugins describe sgd");
  describe_command->callback([name, &global] { describe(*name, global); });

  auto project = std::make_shared<plugins::Project>();
  CLI::App* const new_command = command->add_subcommand("new", "write the project of a new plugin");
  new_command->add_option("KIND", project->kind, "model, optimizer, scheduler, augmentation or sink")
      ->required()
      ->check(CLI::IsMember({"model", "optimizer", "scheduler", "augmentation", "sink"}));
  new_command->add_option("NAME", project->name, "snake_case; also the name of the folder")->required();
  new_command->footer("aviary plugins new scheduler my_schedule");
  new_command->callback([project, &global] {
    const auto folder = plugins::write_project(*project);
    if (global.json) return print({{"folder", folder.string()}});
    fmt::print(
        "wrote {0}/; build and test it with\n  cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH={1}\n"
        "  cmake --build {0}/build && ctest --test-dir {0}/build\n",
        folder.string(), plugins::installed_prefix().string());
  });
  for (CLI::App* const each : {command, list_command, describe_command, new_command}) each->fallthrough();
}

}  // namespace aviary::commands
