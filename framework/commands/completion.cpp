#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/completion_script.hpp"
#include "recipe/keys.hpp"

namespace aviary::commands {
namespace {

void print_script(const CLI::App& app, const std::string& shell, const Global& global) {
  const std::string script = completion_script(app, shell);
  if (global.json)
    print({{"shell", shell}, {"script", script}});
  else
    fmt::print("{}", script);
}

void print_plugins(const Global& global) {
  const plugins::Catalogue catalogue = global.catalogue();
  for (const plugins::Available& each : catalogue.available()) fmt::print("{}\t{}\n", each.name, each.summary);
}

void print_keys(const std::string& name, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  std::optional<recipe::Recipe> recipe;
  try {
    if (!name.empty()) recipe = recipe::read_recipe(name, {}, catalogue);
  } catch (const Error&) {
    // Somebody is still writing the line, or the recipe: the keys of all plugins help, a message would not.
  }
  for (const recipe::Key& key : recipe::keys(recipe ? &*recipe : nullptr, catalogue)) {
    if (key.values.empty()) fmt::print("{}=\t{}\n", key.name, key.help);
    for (const std::string& value : key.values) fmt::print("{}={}\t{}\n", key.name, value, key.help);
  }
}

}  // namespace

void add_completion(CLI::App& app, Global& global) {
  CLI::App* const command =
      app.add_subcommand("completion", "print the script with which a shell completes aviary's command lines")
          ->require_subcommand(1);
  command->fallthrough();
  constexpr std::array<std::pair<const char*, const char*>, 3> shells = {
      {{"bash", "aviary completion bash >~/.local/share/bash-completion/completions/aviary"},
       {"zsh", "aviary completion zsh >~/.zfunc/_aviary"},
       {"fish", "aviary completion fish >~/.config/fish/completions/aviary.fish"}}};
  for (const auto& [shell, example] : shells) {
    CLI::App* const each = command->add_subcommand(shell, fmt::format("the script for {}", shell));
    each->footer(example);
    each->fallthrough();
    each->callback([&app, shell = std::string(shell), &global] { print_script(app, shell, global); });
  }

  // What the scripts ask for.
  command->add_subcommand("plugins", "all components")->group("")->callback([&global] { print_plugins(global); });
  auto recipe = std::make_shared<std::string>();
  CLI::App* const keys = command->add_subcommand("keys", "what --set may override")->group("");
  keys->add_option("RECIPE", *recipe, "whose plugins' keys");
  keys->callback([recipe, &global] { print_keys(*recipe, global); });
}

}  // namespace aviary::commands
