#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/data_report.hpp"
#include "commands/interrupt.hpp"
#include "data/preparation.hpp"
#include "inspection/format.hpp"
#include "results/progress_line.hpp"
#include "training/compute.hpp"

namespace aviary::commands {
namespace {

struct DataOptions {
  std::string path;
  std::string format;
  std::int64_t image_size = 224;
  bool per_class = false;
  std::optional<int> threads;
};

/// "1,000 of 60,000 pictures" on a terminal, and nothing once it is gone.
class Counter {
 public:
  explicit Counter(bool quiet) : screen_(results::screen_of(stderr)) { screen_.live = screen_.live && !quiet; }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  ~Counter() { write(""); }

  void show(std::string_view work, std::size_t done, std::size_t count) const {
    write(
        fmt::format("{} of {} {}", grouped(static_cast<std::int64_t>(done)), grouped(static_cast<std::int64_t>(count)), work));
  }

 private:
  void write(const std::string& text) const {
    if (screen_.live) screen_.write("\r" + text + "\x1b[K");
  }

  results::Screen screen_;
};

void inspect(const DataOptions& options, Global& global) {
  recipe::Data settings;
  settings.path = options.path;
  settings.format = options.format.empty() ? inspection::recognised_format(options.path) : options.format;
  settings.image_size = options.image_size;
  const int threads = training::set_compute_threads(options.threads);
  const data::Dataset dataset = data::open_dataset(settings, 0);

  std::optional<inspection::Survey> survey;
  std::optional<inspection::Duplicates> duplicates;
  {
    const Counter counter(global.quiet);
    const inspection::Watch watch{catch_interrupts(), [&](auto... state) { counter.show(state...); }};
    survey = inspection::survey(dataset, data::Preparation::from(settings), threads, watch);
    if (survey) duplicates = inspection::find_duplicates(*survey, threads, watch);
  }
  if (!duplicates) {
    global.exit_code = interrupted;
    return;
  }
  const DataReport report{settings, dataset, *survey, *duplicates, inspection::summarise(dataset, *survey)};
  if (global.json)
    print(data_report_json(report));
  else
    print_data_report(report, options.per_class);
}

}  // namespace

void add_data(CLI::App& app, Global& global) {
  auto options = std::make_shared<DataOptions>();
  CLI::App* const command = app.add_subcommand("data", "look at every picture of a data set: counts, colors, duplicates");
  command->add_option("DIR", options->path, "the data's folder; csv: the folder or the file")->required();
  command->add_option("--format", options->format, "image_folder, csv or idx (default: what DIR holds)")
      ->check(CLI::IsMember({"image_folder", "csv", "idx"}));
  command->add_option("--image-size", options->image_size, "mean and std are those of pictures resized to N x N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--per-class", options->per_class, "the pictures of every class, too");
  add_count(*command, "--threads", options->threads, "threads (default: the cores)");
  command->footer("aviary data pictures --per-class");
  command->fallthrough();
  command->callback([options, &global] { inspect(*options, global); });
}

}  // namespace aviary::commands
