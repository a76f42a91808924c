#include "commands/command.hpp"

namespace aviary::commands {

void add_weights(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("weights", "export a run's weights")->require_subcommand(1);
  add_weights_export(*command, global);
  command->fallthrough();
}

}  // namespace aviary::commands
