// The program: global options, the subcommands, and the one place where an error becomes an exit code.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands/command.hpp"
#include "commands/help_page.hpp"
#include "commands/usage_error.hpp"
#include "training/compute.hpp"

namespace {

int parse_and_run(int argc, char** argv) {
  aviary::commands::Global global;
  CLI::App app("Trains small image classifiers: one TOML recipe per experiment, a plugin for every part of it", "aviary");
  app.formatter(std::make_shared<aviary::commands::HelpPage>());
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_flag("-h,--help", "show this");
  app.set_version_flag("--version", "aviary " AVIARY_VERSION, "show the version");
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
  aviary::commands::add_curves(app, global);
  aviary::commands::add_board(app, global);
  aviary::commands::add_plan(app, global);
  aviary::commands::add_sweep(app, global);
  aviary::commands::add_plugins(app, global);
  aviary::commands::add_doctor(app, global);
  aviary::commands::add_completion(app, global);
  aviary::commands::add_man_page(app);
  app.footer(  // commands added before do not inherit it
      "aviary doctor\naviary train demo/fashion-mnist --run runs/first\naviary evaluate runs/first");
  try {
    app.parse(argc, argv);
    return global.exit_code;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    // Where a script lost its command, it must not look as if that had been done.
    if (argc == 1) {
      fmt::print(stderr, "{}", aviary::commands::first_steps());
      return aviary::commands::usage;
    }
    try {
      throw aviary::Error(aviary::commands::usage_message(app, error), aviary::Fault::usage);
    } catch (...) {
      return aviary::commands::report_exception(global);
    }
  } catch (...) {
    return aviary::commands::report_exception(global);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is told like a full disk
  const int code = parse_and_run(argc, argv);
  std::fflush(nullptr);
  std::_Exit(code);  // LibTorch's own destructors take a tenth of a second, and free what the system takes back anyway
}
