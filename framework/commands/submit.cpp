#include <filesystem>
#include <map>
#include <memory>

#include <ATen/ops/argmax.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/members.hpp"
#include "results/submission.hpp"

namespace aviary::commands {
namespace {

const std::map<std::string, results::IdForm> id_forms = {
    {"path", results::IdForm::path}, {"file", results::IdForm::file}, {"stem", results::IdForm::stem}};
const std::map<std::string, results::LabelForm> label_forms = {{"name", results::LabelForm::name},
                                                               {"index", results::LabelForm::index}};

struct SubmitOptions {
  MemberOptions members;
  std::string images;
  std::string sample;
  std::string output;
  results::SubmissionForm form;
  std::optional<results::LabelForm> labels;
};

results::Submission begin_submission(const SubmitOptions& options, const std::vector<std::string>& classes) {
  if (!options.sample.empty()) return results::submission_like(options.sample, options.images, classes, options.labels);
  results::SubmissionForm form = options.form;
  form.label_form = options.labels.value_or(form.label_form);
  return results::submission_of(options.images, form);
}

// Before the model is asked, which may take an hour.
void check_output(const std::string& output) {
  const std::filesystem::path folder = std::filesystem::absolute(output).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw Error(fmt::format("{} is no folder; make it, or choose another --output", folder.string()), Fault::usage);
}

void submit(const SubmitOptions& options, Global& global) {
  check_output(options.output);
  plugins::Catalogue catalogue = global.catalogue();
  const std::vector<training::Member> members = options.members.open(catalogue);
  const std::vector<std::string>& classes = members.front().trained.classes;
  const results::Submission submission = begin_submission(options, classes);
  data::Split split{options.images, {}};
  for (const results::SubmissionRow& row : submission.rows) split.samples.push_back({row.picture.string(), 0, row.picture, {}});
  const auto together = ask_together(options.members, members, split, std::nullopt, catch_interrupts());
  if (!together) {
    global.exit_code = interrupted;
    return;
  }
  if (together->outputs.samples.size() != submission.rows.size())
    throw Error("a submission needs every picture; mend those that cannot be read, and try again");
  // Outputs that no class has a name for cannot be meant.
  const at::Tensor predicted = together->outputs.logits.narrow(1, 0, std::ssize(classes)).argmax(1);
  const std::int64_t* const first = predicted.data_ptr<std::int64_t>();
  results::write_submission(submission, {first, first + predicted.numel()}, classes, options.output);
  if (global.json)
    print({{"output", options.output}, {"pictures", submission.rows.size()}});
  else if (!global.quiet)
    fmt::print("{}: {} pictures, {} classes\n", options.output, submission.rows.size(), classes.size());
}

}  // namespace

void add_submit(CLI::App& app, Global& global) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* const command =
      app.add_subcommand("submit", "write a Kaggle submission: what a run, or several together, take pictures for");
  options->members.add_to(*command);
  command->add_option("--images", options->images, "the competition's pictures")->required()->type_name("DIR");
  command->add_option("--output", options->output, "the CSV file to write")->required()->type_name("FILE");
  CLI::Option* const sample =
      command->add_option("--sample", options->sample, "the competition's sample_submission.csv: columns, order and form")
          ->type_name("FILE");
  command->add_option("--id-column", options->form.id_column, "name of the first column (default id)")
      ->excludes(sample)
      ->type_name("NAME");
  command->add_option("--label-column", options->form.label_column, "name of the second column (default label)")
      ->excludes(sample)
      ->type_name("NAME");
  command->add_option("--ids", options->form.id_form, "what an id is: path, file (default) or stem, a file without extension")
      ->excludes(sample)
      ->transform(CLI::CheckedTransformer(id_forms).description(""))
      ->type_name("FORM");
  command->add_option("--labels", options->labels, "what a label is: name (default) or index, from 0")
      ->transform(CLI::CheckedTransformer(label_forms).description(""))
      ->type_name("FORM");
  command->footer("aviary submit runs/first --images pictures --ids path --output submission.csv");
  command->fallthrough();
  command->callback([options, &global] { submit(*options, global); });
}

}  // namespace aviary::commands
