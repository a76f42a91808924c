// The program: global options, the subcommands, and the one place where an error becomes an exit code.
#include <csignal>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands/command.hpp"
#include "training/compute.hpp"

namespace {

int parse_and_run(int argc, char** argv) {
  aviary::commands::Global global;
  CLI::App app("Trains small image classifiers: one TOML recipe per experiment, a plugin for every part of it", "aviary");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "aviary " AVIARY_VERSION);
  app.add_flag("--json", global.json, "print the result as JSON on standard output, nothing else there");
  app.add_flag("--quiet", global.quiet, "no progress");
  app.add_flag("--verbose", global.verbose, "show the libraries' own words with an error");
  app.add_option("--color", global.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--plugin-path", global.plugin_path, "look for plugins here too: a folder or a library (repeatable)")
      ->type_name("DIR")
      ->allow_extra_args(false);
  aviary::commands::add_train(app, global);
  aviary::commands::add_resume(app, global);
  aviary::commands::add_fork(app, global);
  aviary::commands::add_average(app, global);
  aviary::commands::add_evaluate(app, global);
  aviary::commands::add_predict(app, global);
  aviary::commands::add_submit(app, global);
  aviary::commands::add_preview(app, global);
  aviary::commands::add_data(app, global);
  aviary::commands::add_summary(app, global);
  aviary::commands::add_fit(app, global);
  aviary::commands::add_lr_find(app, global);
  aviary::commands::add_weights(app, global);
  aviary::commands::add_bench(app, global);
  aviary::commands::add_recipe(app, global);
  aviary::commands::add_replay(app, global);
  aviary::commands::add_board(app, global);
  aviary::commands::add_plan(app, global);
  aviary::commands::add_sweep(app, global);
  aviary::commands::add_plugins(app, global);
  try {
    app.parse(argc, argv);
    return global.exit_code;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    try {
      throw aviary::Error(fmt::format("{} (aviary --help shows what there is)", error.what()), aviary::Fault::usage);
    } catch (...) {
      return aviary::commands::report_exception(global);
    }
  } catch (...) {
    return aviary::commands::report_exception(global);
  }
}

}  // namespace

int main(int argc, char** argv) {
  aviary::training::keep_freed_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is told like a full disk
  return parse_and_run(argc, argv);
}
